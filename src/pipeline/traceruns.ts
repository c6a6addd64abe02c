import type { ImageInfo } from '../engines/engine.js';
import { type UserError, usageError } from '../errors.js';
import type { Exercise } from '../exercise/exercise.js';
import { runsPython } from '../guest/interpreters.js';
import { joinTraces } from '../trace/join.js';
import type { Trace } from '../trace/schema.js';
import { insideTask, type Progress } from '../ui/progress.js';
import type { Folder } from '../workspace/folder.js';
import type { Context } from './context.js';
import { forEachRun } from './eachrun.js';
import type { Failing } from './material.js';
import { failingFrom, failingOf } from './originals.js';
import { runHelpers } from './runhelpers.js';
import { storedRun, type Traced, type TracedOnce, traceOnce } from './trace.js';

/** One of several runs of an image. */
export interface NamedExercise {
  name: string;
  exercise: Exercise;
  /** The service of the compose file that it is a run of. Missing: the one that has its name. */
  service?: string | undefined;
}

/** A run whose exercise could not be done, so that there is no trace of it. */
export interface Untraced extends Failing {
  name: string;
}

/** Traces of several runs, as one. */
export interface TracedRuns extends Traced {
  failing: Map<number, Failing>;
  untraced: Untraced[];
}

/**
 * Traces several runs of an image, side by side where they may be, and joins them. A run that fails does not stop the others.
 * @throws UserError where none of the runs could be traced
 */
export async function traceRuns(
  context: Context,
  original: ImageInfo,
  wanted: readonly NamedExercise[],
  folder: Folder,
  include: readonly string[],
): Promise<TracedRuns> {
  if (!original.separateRoot)
    throw usageError(
      `${original.reference} is this computer itself, whose runs can't be joined.`,
      'Name an image in the file, or shrink a single command with `pyshrink shrink host: -- COMMAND`.',
    );
  const outcomes = await traceEach(context, original, wanted, include);
  const { warnings } = context.session;
  const [first, ...others] = outcomes.flatMap(({ name, once }) => (once ? [{ ...once, trace: withName(once.trace, name, warnings) }] : []));
  if (!first) throw outcomes[0]?.error;
  const untraced = outcomes.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, ...failingFrom(error) }]));
  const python = first.trace.python.executable;
  const rest = others.map((other) => withInterpreter(other.trace, python));
  const trace = withUntraced(joinTraces([first.trace, ...rest]), untraced);
  const runs = [first, ...others].map(({ run }) => run);
  const failing = new Map(runs.flatMap((run, index) => failingEntry(index, failingOf(run))));
  const record = { runs: runs.map(storedRun) };
  await folder.saveTrace({ trace, record });
  const { helper, fs, analyst } = first;
  const helperOf = runHelpers(context.session, original, [helper, ...others.map((other) => other.helper)]);
  return { context, helper, helperOf, original, trace, record, runs, fs, analyst, failing, untraced };
}

/** A run that was traced, or the error that ended it. */
interface TracedOrNot {
  name: string;
  once?: TracedOnce;
  error?: UserError;
}

/** Traces each run, and shows what it does. @throws an error that is not a run's own */
async function traceEach(
  context: Context,
  original: ImageInfo,
  wanted: readonly NamedExercise[],
  include: readonly string[],
): Promise<TracedOrNot[]> {
  const { progress } = context;
  /** The interpreter of a run that was traced already: the others are likely to have the same. */
  let python: string | undefined;
  // A terminal shows one task at a time.
  const together = wanted.length > 1 && context.jobs !== 1;
  const traceOf = async ({ name, exercise }: NamedExercise, shown: Progress): Promise<TracedOrNot> => {
    try {
      // A helper of its own gives each run a volume of its own, where no facts of other runs lie.
      const once = await traceOnce({ ...context, progress: shown }, original, exercise, {
        include,
        title: together ? 'Tracing' : `Tracing ${name}`,
        ...(python !== undefined && { python }),
      });
      python ??= once.helper.python.executable;
      return { name, once };
    } catch (error) {
      const { what } = failingFrom(error);
      shown.note(`${together ? 'it' : name} could not be traced: ${what} The other runs go on.`);
      return { name, error: error as UserError };
    }
  };
  const all = (shownOf: (name: string) => Progress) => forEachRun({ context, runs: wanted }, (run) => traceOf(run, shownOf(run.name)));
  if (!together) return all(() => progress);
  const notes: string[] = [];
  try {
    return await progress.task(`Tracing ${wanted.map(({ name }) => name).join(', ')}`, (say) =>
      all((name) => insideTask(name, say, (text) => notes.push(text))),
    );
  } finally {
    for (const note of notes) progress.note(note);
  }
}

function failingEntry(index: number, failing: Failing | undefined): [number, Failing][] {
  return failing ? [[index, failing]] : [];
}

/** A trace that says which runs it lacks, so that later commands do not take it for complete. Not why: that may hold output of the app. */
export function withUntraced(trace: Trace, untraced: readonly Untraced[]): Trace {
  if (untraced.length === 0) return trace;
  const warnings = untraced.map(({ name }) => `${name}: it could not be traced, so nothing of it is in this trace`);
  return { ...trace, untraced: untraced.map(({ name }) => name), warnings: [...trace.warnings, ...warnings] };
}

/**
 * A trace whose run has a name. Warnings say whose they are, since those of all runs are listed together.
 * @param common warnings that belong to no run
 */
export function withName(trace: Trace, name: string, common: readonly string[]): Trace {
  return {
    ...trace,
    runs: trace.runs.map((run) => ({ ...run, name })),
    warnings: trace.warnings.map((warning) => (common.includes(warning) ? warning : `${name}: ${warning}`)),
  };
}

/**
 * A trace with a warning where its run has another interpreter than the first one: a joined trace holds only the first one's layout.
 * @param first path of the first run's interpreter
 */
export function withInterpreter(trace: Trace, first: string): Trace {
  const { executable } = trace.python;
  if (first === executable || !runsPython(trace)) return trace;
  const warning = `${trace.runs[0]?.name}: it runs with ${executable}, and the first run with ${first}: imports are looked up for ${first} only`;
  return { ...trace, warnings: [...trace.warnings, warning] };
}
