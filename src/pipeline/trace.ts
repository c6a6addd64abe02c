import { timed } from '../debug.js';
import type { ImageInfo } from '../engines/engine.js';
import { type Exercise, storedExercise } from '../exercise/exercise.js';
import { isWorkerCommand, lasting } from '../exercise/lasting.js';
import { analystOf } from '../guest/analyst.js';
import { Helper } from '../guest/helper.js';
import { ownModules } from '../keep/python/covered.js';
import { codeThatRan } from '../keep/python/ran.js';
import { unsoundSpots } from '../keep/python/unsound.js';
import { failureLine, judge } from '../smoke/worked.js';
import { joinTraces } from '../trace/join.js';
import type { Trace } from '../trace/schema.js';
import type { Watching } from '../trace/watching.js';
import { commandOf } from '../watching/app.js';
import { traceImage } from '../watching/trace.js';
import { type Folder, readTrace } from '../workspace/folder.js';
import { echoedSecrets, type RunRecord } from '../workspace/runrecord.js';
import type { Context } from './context.js';
import type { Material, Run } from './material.js';
import { runHelpers } from './runhelpers.js';
import { variableWarnings } from './variables.js';

export interface TraceWishes {
  /** Adds this run to the existing trace of the image. */
  append?: boolean | undefined;
  /** Paths that the user wants in any case. */
  include?: readonly string[] | undefined;
}

/** The stages after the trace start from this; `record` lies beside the trace. */
export interface Traced extends Material {
  record: RunRecord;
}

/** Traces an image and writes the trace to its folder. */
export async function traceStage(
  context: Context,
  original: ImageInfo,
  wanted: Exercise,
  folder: Folder,
  { append, include = [] }: TraceWishes = {},
): Promise<Traced> {
  const earlier = append ? await readTrace(folder.tracePath) : undefined;
  const {
    trace: now,
    run,
    ...reading
  } = await traceOnce(context, original, wanted, {
    include,
    title: `Tracing ${original.reference}`,
    ...(earlier && { python: earlier.trace.python.executable }),
  });
  const trace = earlier ? joinTraces([earlier.trace, now]) : now;
  const record = { runs: [...(earlier?.record.runs ?? []), storedRun(run)] };
  // What others wrote stays theirs, also beside a run of this user.
  await folder.saveTrace({ trace, record }, earlier?.trusted ?? true);
  const helperOf = runHelpers(context.session, original, [reading.helper]);
  return { context, original, trace, record, runs: [run], helperOf, ...reading };
}

/** One traced run, and what reads its image. */
export interface TracedOnce extends Pick<Material, 'helper' | 'fs' | 'analyst'> {
  trace: Trace;
  run: Run;
}

interface Once {
  /** Paths that the user wants in any case. */
  include: readonly string[];
  /** What the user sees while it runs. */
  title: string;
  /** The interpreter that reads the image. Missing: it is looked for. */
  python?: string;
}

/** Traces one run of an image, and writes nothing. @throws UserError where the exercise could not be done */
export async function traceOnce(
  context: Context,
  original: ImageInfo,
  wanted: Exercise,
  { include, title, python }: Once,
): Promise<TracedOnce> {
  const exercise = known(original, original.separateRoot ? wanted : { ...wanted, args: original.config.Cmd ?? [] });
  const { session, progress } = context;
  const prepare = (python?: string) =>
    progress.task(`Preparing ${original.reference}`, () =>
      timed('engine', 'starting the helper', () => Helper.start(session, original, python)),
    );
  const traceBy = (by: Helper, known: Watching = {}) =>
    progress.task(title, (say) => timed('watch', 'tracing', () => traceImage(session, by, original, exercise, say, include, known)));
  let helper = await prepare(python);
  let result = await traceBy(helper);
  if (result.interpreter !== undefined) {
    progress.note(`The app runs with ${result.interpreter}, not with ${helper.python.executable}: it is traced again with that.`);
    helper = await prepare(result.interpreter);
    result = await traceBy(helper, result.watching);
  }
  const { watching, answers, done, took, fs, functions } = result;
  const analyst = analystOf(helper);
  const code = await timed('keep', 'looking for computed imports', () => codeThatRan(fs, result.trace, analyst, original.config));
  const { failures, warnings } = judge(exercise, answers);
  const misspelt = await timed('keep', 'looking for the variables', () =>
    variableWarnings(fs, result.trace, code, original.config, exercise),
  );
  const trace = {
    ...result.trace,
    unsound: unsoundSpots(code),
    own: ownModules(code, result.trace, functions),
    warnings: [...failures.map(failureLine), ...warnings, ...result.trace.warnings, ...misspelt],
  };
  return { helper, trace, run: { exercise, watching, done, took, answers: [answers] }, fs, analyst };
}

/** An exercise of which the command says that it waits for work until it is stopped. */
function known({ config }: ImageInfo, exercise: Exercise): Exercise {
  const isWorker = isWorkerCommand(commandOf(config, exercise.run, exercise.args));
  return isWorker && exercise.steps === undefined ? lasting(exercise) : exercise;
}

/** A run as the run record holds it. */
export function storedRun({ exercise, took, ...rest }: Run): RunRecord['runs'][number] {
  const echoed = echoedSecrets(exercise.run.env, rest.answers);
  return { ...rest, exercise: storedExercise(exercise), ...(took !== undefined && { took }), ...(echoed.length > 0 && { echoed }) };
}
