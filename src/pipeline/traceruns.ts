import type { ImageInfo } from '../engines/engine.js';
import { usageError } from '../errors.js';
import type { Exercise } from '../exercise/exercise.js';
import { joinTraces } from '../trace/join.js';
import type { Trace } from '../trace/schema.js';
import type { Folder } from '../workspace/folder.js';
import type { Context } from './context.js';
import type { Failing } from './material.js';
import { failingFrom, failingOf } from './originals.js';
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
 * Traces several runs of an image, one after the other, and joins them. A run that fails does not stop the others.
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
  const traced: TracedOnce[] = [];
  const untraced: Untraced[] = [];
  let first: unknown;
  for (const { name, exercise } of wanted) {
    // A helper of its own gives each run a volume of its own, where no facts of other runs lie.
    const python = traced[0]?.helper.python.executable;
    try {
      const once = await traceOnce(context, original, exercise, {
        include,
        title: `Tracing ${name}`,
        ...(python !== undefined && { python }),
      });
      const named = withName(once.trace, name, context.session.warnings);
      traced.push({ ...once, trace: withInterpreter(named, name, python) });
    } catch (error) {
      const failing = failingFrom(error);
      first ??= error;
      untraced.push({ name, ...failing });
      context.progress.note(`${name} could not be traced: ${failing.what} The other runs go on.`);
    }
  }
  const [one, ...rest] = traced;
  if (!one) throw first;
  const trace = withUntraced(joinTraces([one.trace, ...rest.map((other) => other.trace)]), untraced);
  const runs = traced.map(({ run }) => run);
  const failing = new Map(runs.flatMap((run, index) => failingEntry(index, failingOf(run))));
  const record = { runs: runs.map(storedRun) };
  await folder.saveTrace({ trace, record });
  const { helper, fs, analyst } = one;
  return { context, helper, original, trace, record, runs, fs, analyst, failing, untraced };
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
 * @param first path of the first run's interpreter; undefined in the first run itself
 */
export function withInterpreter(trace: Trace, name: string, first: string | undefined): Trace {
  const { executable } = trace.python;
  if (first === undefined || first === executable) return trace;
  const warning = `${name}: it runs with ${executable}, and the first run with ${first}: imports are looked up for ${first} only`;
  return { ...trace, warnings: [...trace.warnings, warning] };
}
