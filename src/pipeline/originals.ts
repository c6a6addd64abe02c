import { timed } from '../debug.js';
import { ExitCode, UserError, unprovenError } from '../errors.js';
import { runOriginal } from '../smoke/again.js';
import { failureText, judge } from '../smoke/worked.js';
import { forEachRun } from './eachrun.js';
import { againOf, type Failing, type Material, type Run } from './material.js';

/** How many times the original runs at most before the comparison, unless the user says otherwise. */
export const DEFAULT_RUNS = 2;

/**
 * Refuses a trace whose original did not work: a comparison with it would prove nothing.
 * @throws UserError with exit code 4 that names the step, the status, the last output and what to do; or the runs without a trace
 */
export function requireWorking({ runs, original, trace }: Pick<Material, 'runs' | 'original' | 'trace'>): void {
  const { untraced = [] } = trace;
  if (untraced.length > 0)
    throw unprovenError(
      `The trace of ${original.reference} lacks runs that could not be traced, so nothing is proven: ${untraced.join(', ')}.`,
      'Correct them in the project file, or remove them there, and run `pyshrink shrink` again.',
    );
  for (const run of runs) {
    const failing = failingOf(run);
    if (failing)
      throw unprovenError(`The original ${original.reference} itself fails, so nothing is proven: ${failing.what}`, failing.remedy);
  }
}

/** Why the traced run of the original did not work; undefined where it did. */
export function failingOf({ exercise, answers }: Pick<Run, 'exercise' | 'answers'>): Failing | undefined {
  const [failure] = judge(exercise, answers[0]).failures;
  return failure && { what: failureText(failure), remedy: failure.remedy };
}

/**
 * Runs the original again for each traced run, to learn what varies by itself. The answers are added to the runs.
 * @param times how many times the original runs in all, with the traced run
 * @throws UserError with exit code 4 where it can't be run a second time. With `failing`, that run counts as one that fails.
 */
export async function repeatOriginal(material: Material, times: number, say: (text: string) => void): Promise<void> {
  await forEachRun(material, async (run, index) => {
    const { name: called, tests } = material.trace.runs[index] ?? {};
    if (tests || material.failing?.has(index) || run.answers.length >= times) return;
    const sayWhose = called === undefined ? say : (text: string) => say(`${called}: ${text}`);
    const again = await againOf(material, run, index, sayWhose);
    await orFailing(material, index, async () => {
      while (run.answers.length < times) {
        sayWhose('the original runs again, to learn what varies');
        const name = `original${index}-${run.answers.length}`;
        run.answers.push(await timed('smoke', `run ${index + 1} of the original once more`, () => runOriginal(again, name)));
      }
    });
  });
}

/** Exit codes of errors of the original and of its exercise, in work that also starts the shrunk image. */
export const OF_ORIGINAL: readonly number[] = [ExitCode.unproven, ExitCode.usage];

/**
 * Does work for one run. Where the run itself fails in it, and the others may go on, the run counts as one that fails.
 * @param codes exit codes of the errors that are the run's; missing: those of all but an interruption
 * @returns undefined where the run fails
 */
export async function orFailing<T>(
  { failing }: Pick<Material, 'failing'>,
  index: number,
  work: () => Promise<T>,
  codes?: readonly number[],
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!failing) throw error;
    failing.set(index, failingFrom(error, codes));
    return undefined;
  }
}

/** Why a run failed, by the error that ended it. @throws that error where it is not the run's */
export function failingFrom(error: unknown, codes?: readonly number[]): Failing {
  if (!(error instanceof UserError) || error.exitCode === ExitCode.interrupted) throw error;
  if (codes && !codes.includes(error.exitCode)) throw error;
  return { what: error.message, remedy: error.remedy };
}
