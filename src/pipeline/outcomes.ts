import type { RunOutcome } from '../report/summary.js';
import { conclusionOf, type Outcome, type Verdict } from '../smoke/verdict.js';
import type { Checked } from './check.js';
import type { Material } from './material.js';
import type { Untraced } from './traceruns.js';

/** What each run with a name came to, in the order of the trace, then those without a trace. */
export function outcomesOf(
  { trace, failing }: Pick<Material, 'trace' | 'failing'>,
  untraced: readonly Untraced[],
  checked: Checked | undefined,
): RunOutcome[] {
  const traced = trace.runs.flatMap(({ name }, index): RunOutcome[] => {
    if (name === undefined) return [];
    const failure = failing?.get(index);
    if (failure) return [{ name, outcome: 'failed', compared: 0, differences: 0, failure }];
    const { compared = 0, differences = 0, missing = 0 } = checked?.runs.find((one) => one.index === index) ?? {};
    // A test suite is not compared: the shrunk image has no test runner. It keeps what the tests used, and that is all it is for.
    const outcome = trace.runs[index]?.tests ? 'same' : compared === 0 ? 'unproven' : differences + missing === 0 ? 'same' : 'different';
    return [{ name, outcome, compared, differences, failure: null }];
  });
  const others = untraced.map(
    ({ name, what, remedy }): RunOutcome => ({ name, outcome: 'failed', compared: 0, differences: 0, failure: { what, remedy } }),
  );
  return [...traced, ...others];
}

/** One outcome for all runs. What a run that failed would have shown is not known, so the outcome can't be the same. */
export function outcomeOfAll(verdict: Verdict, runs: readonly RunOutcome[]): Outcome {
  const outcome = conclusionOf(verdict);
  return outcome === 'same' && runs.some((run) => run.outcome !== 'same') ? 'unproven' : outcome;
}
