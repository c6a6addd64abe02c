import { conceal } from '../conceal.js';
import type { ImageInfo } from '../engines/engine.js';
import { UserError, usageError } from '../errors.js';
import { type Limits, restoredExercise } from '../exercise/exercise.js';
import { environmentSecrets } from '../exercise/secrets.js';
import { analystOf } from '../guest/analyst.js';
import { Helper } from '../guest/helper.js';
import { environmentOf } from '../images/config.js';
import type { ImageName } from '../images/name.js';
import { referenceText } from '../images/reference.js';
import { own } from '../records.js';
import { viewHost } from '../watching/hostview.js';
import type { StoredTraces } from '../workspace/newest.js';
import { composeVariables, reopenCompose } from './compose.js';
import type { Context } from './context.js';
import { openImage } from './images.js';
import type { Material } from './material.js';
import { runHelpers } from './runhelpers.js';
import { requireTrust } from './trust.js';

export interface Reopening {
  /** The name of the traced image. */
  name: ImageName;
  /** `NAME=VALUE` entries; values of this shell's environment serve too. */
  environment: readonly string[];
  limits: Limits;
  /** Does also what a run record says that this user has not written. */
  trust?: boolean | undefined;
  /** Paths that the user wants in any case. */
  include?: readonly string[];
}

/**
 * Goes on from a trace that an earlier command wrote: its image, its exercise and its answers.
 * @throws UserError where the image is gone, a variable has no value now, or {@link requireTrust} refuses
 */
export async function reopen(context: Context, stored: StoredTraces, options: Reopening): Promise<Material> {
  const { trace, record } = stored;
  const { limits, include = [], trust = false } = options;
  requireTrust(stored, stored.paths, trust);
  const exercises = record.runs.map(({ exercise }) => exercise);
  const env = valuesFor(
    trace.runs.flatMap(({ environment }) => environment),
    environmentOf([...(await composeVariables(exercises)), ...options.environment]),
    // A foreign trace could name any variable of this shell, e.g. one with a password.
    stored.trusted || trust ? process.env : undefined,
  );
  conceal(environmentSecrets([...env].map(([name, value]) => `${name}=${value}`)));
  const original = await findOriginal(
    context,
    stored,
    options.name,
    [...env].map(([name, value]) => `${name}=${value}`),
  );
  await reopenCompose(context, original, exercises);
  const helper = await context.progress.task(`Preparing ${trace.image.reference}`, () =>
    Helper.start(context.session, original, trace.python.executable),
  );
  const view = original.separateRoot
    ? { fs: await helper.rootFs(), warnings: [] }
    : await viewHost(helper, original, trace, include, undefined);
  for (const warning of view.warnings) context.progress.note(`warning: ${warning}`);
  return {
    context,
    helper,
    helperOf: runHelpers(context.session, original, [helper]),
    trace,
    fs: view.fs,
    analyst: analystOf(helper),
    original: { ...original, reference: trace.image.reference },
    runs: record.runs.map(({ exercise, took, ...run }, index) => {
      const names = trace.runs[index]?.environment ?? [];
      return {
        ...run,
        took,
        exercise: restoredExercise(
          exercise,
          names.map((name) => `${name}=${env.get(name)}`),
          limits,
        ),
      };
    }),
  };
}

/**
 * The values of variables, from the command line or from this shell.
 * @param shell undefined where the trace gets no variables of this shell
 * @throws UserError where one has none
 */
function valuesFor(
  names: readonly string[],
  given: Readonly<Record<string, string>>,
  shell: Readonly<Record<string, string | undefined>> | undefined,
): Map<string, string> {
  const values = new Map<string, string>();
  const unset: string[] = [];
  for (const name of new Set(names)) {
    const value = own(given, name) ?? (shell && own(shell, name));
    if (value === undefined) unset.push(name);
    else values.set(name, value);
  }
  const them = unset.length > 1 ? 'them' : 'it';
  if (unset.length > 0)
    throw usageError(
      `The trace was made with ${unset.join(', ')}; a trace holds no values.`,
      shell
        ? `Give ${them} again with -e, or set ${them} in this shell.`
        : `Give ${them} again with -e. Variables of this shell count only with --trust, since the run record does not have your seal.`,
    );
  return values;
}

/**
 * The image that was traced: by its name, or by its id where no image has that name any more.
 * @throws UserError where another image has that name now, or the image is gone
 */
async function findOriginal(
  context: Context,
  { trace, record, folder }: StoredTraces,
  name: ImageName,
  environment: readonly string[],
): Promise<ImageInfo> {
  const { id, reference } = trace.image;
  const first = record.runs[0]?.exercise;
  const now =
    name.transport === 'docker-daemon'
      ? await context.engine.find(referenceText(name.reference))
      : await openImage(context, name, { platform: first?.run.platform, command: first?.args ?? [], environment });
  if (now?.id === id) return now;
  const short = (digest: string | undefined) => digest?.slice('sha256:'.length, 'sha256:'.length + 12);
  if (now)
    throw new UserError(
      `${reference} is another image now (${short(now.id)}) than when ${folder.tracePath} was made (${short(id)}).`,
      'Trace it anew with `pyshrink trace`.',
    );
  const byId = await context.engine.find(id);
  if (byId) return byId;
  throw new UserError(
    `The image ${reference} (${short(id)}) of the trace ${folder.tracePath} is no longer there.`,
    'Trace the image that is there now with `pyshrink trace`.',
  );
}
