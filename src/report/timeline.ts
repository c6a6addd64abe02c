import { outcomeOf } from '../exercise/answers.js';
import type { Contents } from './contents.js';
import type { Inside } from './inside.js';
import type { StepReport } from './model.js';

/** The steps of the exercise in their order, with what came of each. */
export function timelineOf({ trace, record }: Pick<Inside, 'trace' | 'record'>, _contents: Contents | undefined): StepReport[] {
  return record.runs.flatMap(({ answers: [first] }, run) =>
    first.steps.map(
      ({ label, answer }, index): StepReport => ({
        run,
        label: trace.runs[run]?.exercise[index] ?? label,
        outcome: outcomeOf(answer),
        from: null,
        to: null,
        brought: null,
        largest: [],
      }),
    ),
  );
}
