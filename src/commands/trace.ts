import type { ImageInfo } from '../engines/engine.js';
import { outcomeOf } from '../exercise/answers.js';
import { type Exercise, storedExercise } from '../exercise/exercise.js';
import { analystOf } from '../guest/analyst.js';
import { Helper } from '../guest/helper.js';
import { unsoundSpots } from '../keep/python/unsound.js';
import { openImage } from '../pipeline/images.js';
import type { Material } from '../pipeline/stages.js';
import { joinTraces, type Trace } from '../trace/schema.js';
import { traceImage } from '../watching/trace.js';
import { Folder, readTrace } from '../workspace/folder.js';
import { type CommandContext, withSession } from './context.js';
import { type EngineFlags, type ExerciseFlags, exerciseOf, type RunFlags } from './options.js';
import { print } from './print.js';

export interface TraceFlags extends EngineFlags, RunFlags, ExerciseFlags {
  json?: true;
  append?: true;
}

/** `pyshrink trace IMAGE [-- CMD...]` */
export async function traceCommand(reference: string, args: string[], flags: TraceFlags): Promise<number> {
  const exercise = await exerciseOf(args, flags);
  return withSession({ ...flags, reference }, async (context) => {
    const original = await openImage(context, reference, { platform: flags.platform, command: args, environment: exercise.run.env });
    const { trace, path, runs } = await traceStage(context, original, exercise, { append: flags.append });
    const outcomes = runs.flatMap(({ answers }) => answers.steps.map(({ label, answer }) => [label, outcomeOf(answer)] as const));
    print(
      flags.json,
      { trace: path, observations: trace.observations.length, modules: Object.keys(trace.modules).length, warnings: trace.warnings },
      [
        `${path}: ${trace.observations.length} observations, ${Object.keys(trace.modules).length} modules, exercise: ${outcomes.map(([label, outcome]) => `${label}${outcome && ` (${outcome})`}`).join(', ')}`,
        ...unsoundLine(trace),
        ...trace.warnings.map((warning) => `warning: ${warning}`),
      ],
    );
    return 0;
  });
}

/**
 * Traces an image and writes the trace down.
 * @param append joins it to the trace that is there already
 * @param include paths that the user wants in any case
 */
export async function traceStage(
  context: CommandContext,
  original: ImageInfo,
  wanted: Exercise,
  { append, include }: { append?: true | undefined; include?: readonly string[] } = {},
): Promise<Material & { path: string }> {
  const folder = Folder.for(original.reference);
  const earlier = append ? await readTrace(folder.tracePath) : undefined;
  const exercised = original.separateRoot ? wanted : { ...wanted, args: original.config.Cmd ?? [] };
  const prepare = (python?: string) =>
    context.progress.task(`Preparing ${original.reference}`, () => Helper.start(context.session, original, python));
  const traceBy = (by: Helper) =>
    context.progress.task(`Tracing ${original.reference}`, (say) => traceImage(context.session, by, original, exercised, say, include));
  let helper = await prepare(earlier?.trace.python.executable);
  let result = await traceBy(helper);
  if (result.interpreter !== undefined) {
    context.progress.note(`the app runs by ${result.interpreter}, not by ${helper.python.executable}: tracing it again with that`);
    helper = await prepare(result.interpreter);
    result = await traceBy(helper);
  }
  const { trace: now, watching, answers, fs } = result;
  const analyst = analystOf(helper);
  now.unsound = await unsoundSpots(fs, now, analyst, original.config);
  const trace = earlier ? joinTraces([earlier.trace, now]) : now;
  const runs = [...(earlier?.secret.runs ?? []), { exercise: storedExercise(exercised), watching, answers }];
  await folder.saveTrace(trace, { runs });
  return { context, helper, original, trace, runs: [{ exercise: exercised, watching, answers }], fs, analyst, path: folder.tracePath };
}

/** How many places no reading of the code can follow, and the command that lists them. */
export function unsoundLine({ unsound }: Trace): string[] {
  if (unsound.length === 0) return [];
  const files = new Set(unsound.map(({ file }) => file)).size;
  return [
    `${unsound.length} places in ${files} files compute what they import or execute; what they reach was seen only where it ran (pyshrink why --unsound lists them)`,
  ];
}
