import { z } from 'zod';
import { Answers } from '../exercise/answers.js';
import { StoredExerciseSchema } from '../exercise/exercise.js';
import { StepSchema } from '../exercise/steps.js';
import { WatchingSchema } from '../trace/watching.js';

/**
 * What a trace must not hold, since it may be secret: each exercise to the letter, and what the original answered.
 * It is a file of its own beside the trace, and only its owner can read it.
 */
export const RunRecordSchema = z.strictObject({
  /** In the order of the trace's `runs`. */
  runs: z.array(
    z.strictObject({
      exercise: StoredExerciseSchema,
      watching: WatchingSchema,
      /** The steps that were done. */
      done: z.array(StepSchema),
      /** Seconds until the original listened. */
      took: z.number().exactOptional(),
      /** What the original answered: under trace, and in a second run, if there was one. */
      answers: z.tuple([Answers], Answers),
    }),
  ),
});
export type RunRecord = z.infer<typeof RunRecordSchema>;
