import { timed } from '../debug.js';
import { unprovenError } from '../errors.js';
import { runOriginal } from '../smoke/again.js';
import { failureText, judge } from '../smoke/worked.js';
import { againOf, type Material } from './material.js';

/** How many times the original runs at most before the comparison, unless the user says otherwise. */
export const DEFAULT_RUNS = 2;

/**
 * Refuses a trace whose original did not work: a comparison with it would prove nothing.
 * @throws UserError with exit code 4 that names the step, the status, the last output and what to do
 */
export function requireWorking({ runs, original }: Pick<Material, 'runs' | 'original'>): void {
  for (const { exercise, answers } of runs) {
    const [failure] = judge(exercise, answers[0]).failures;
    if (failure)
      throw unprovenError(`The original ${original.reference} itself fails, so nothing is proven: ${failureText(failure)}`, failure.remedy);
  }
}

/**
 * Runs the original again for each traced run, to learn what varies by itself. The answers are added to the runs.
 * @param times how many times the original runs in all, with the traced run
 * @throws UserError with exit code 4 where it can't be run a second time
 */
export async function repeatOriginal(material: Material, times: number, say: (text: string) => void): Promise<void> {
  for (const [index, run] of material.runs.entries()) {
    if (material.trace.runs[index]?.tests) continue;
    while (run.answers.length < times) {
      say('the original runs again, to learn what varies');
      const name = `original${index}-${run.answers.length}`;
      run.answers.push(
        await timed('smoke', `run ${index + 1} of the original once more`, () => runOriginal(againOf(material, run, say), name)),
      );
    }
  }
}
