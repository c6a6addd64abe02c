import type { CommandContext } from '../commands/context.js';
import { UserError, usageError } from '../errors.js';
import { type Limits, restoredExercise } from '../exercise/exercise.js';
import { analystOf } from '../guest/analyst.js';
import { Helper } from '../guest/helper.js';
import { environmentOf } from '../images/config.js';
import { parseImageName } from '../images/name.js';
import { viewMachine } from '../watching/hostview.js';
import type { readTrace } from '../workspace/folder.js';
import { openImage } from './images.js';
import type { Material } from './stages.js';

/**
 * Goes on from a trace that an earlier command wrote: the image it is of, its exercise and its answers.
 * @param given `NAME=VALUE` entries; values of this shell's environment serve too
 * @param include paths that the user wants in any case
 * @throws UserError where the image is gone, or a variable has no value now
 */
export async function reopen(
  context: CommandContext,
  stored: Awaited<ReturnType<typeof readTrace>>,
  given: readonly string[],
  limits: Limits,
  include: readonly string[] = [],
): Promise<Material> {
  const { trace, secret, folder } = stored;
  const values = environmentOf(given);
  const names = [...new Set(trace.runs.flatMap(({ environment }) => environment))];
  const env = names.map((name) => [name, values[name] ?? process.env[name]] as const);
  const unset = env.filter(([, value]) => value === undefined).map(([name]) => name);
  if (unset.length > 0)
    throw usageError(
      `The trace was made with ${unset.join(', ')}; a trace holds no values.`,
      `Give ${unset.length > 1 ? 'them' : 'it'} again with -e, or set ${unset.length > 1 ? 'them' : 'it'} in this shell.`,
    );
  const name = parseImageName(trace.image.reference);
  const now =
    name.transport === 'docker-daemon'
      ? await context.engine.find(name.text)
      : await openImage(context, trace.image.reference, {
          platform: secret.runs[0]?.exercise.run.platform,
          command: secret.runs[0]?.exercise.args ?? [],
          environment: env.map(([variable, value]) => `${variable}=${value}`),
        });
  const original = now?.id === trace.image.id ? now : await context.engine.find(trace.image.id);
  if (!original && !now)
    throw new UserError(
      `The image ${trace.image.reference} (${trace.image.id.slice(7, 19)}) that ${folder.tracePath} is of is no longer there.`,
      'Trace the image that is there now with `pyshrink trace`.',
    );
  if (!original || (now && now.id !== original.id))
    throw new UserError(
      `${trace.image.reference} is another image now (${now?.id.slice(7, 19)}) than when ${folder.tracePath} was made (${trace.image.id.slice(7, 19)}).`,
      'Trace it anew with `pyshrink trace`.',
    );
  const helper = await context.progress.task(`Preparing ${trace.image.reference}`, () =>
    Helper.start(context.session, original, trace.python.executable),
  );
  const view = original.separateRoot
    ? { fs: await helper.rootFs(), warnings: [] }
    : await viewMachine(helper, original, trace, include, undefined);
  for (const warning of view.warnings) context.progress.note(`warning: ${warning}`);
  return {
    context,
    helper,
    trace,
    fs: view.fs,
    analyst: analystOf(helper),
    original: { ...original, reference: trace.image.reference },
    runs: secret.runs.map(({ answers, exercise, watching }, index) => {
      const given = env.filter(([name]) => trace.runs[index]?.environment.includes(name)).map(([name, value]) => `${name}=${value}`);
      return { answers, watching, exercise: restoredExercise(exercise, given, limits) };
    }),
  };
}
