import { z } from 'zod';
import { PLAIN_RUN, RunOptionsSchema } from '../engines/runoptions.js';
import { StepSchema } from './steps.js';

/** How long each kind of wait may take, in seconds. */
export const LimitsSchema = z.strictObject({
  /** For a port to listen. */
  start: z.number(),
  /** For one request or one command. */
  step: z.number(),
  /** For the app to end by itself. */
  exit: z.number(),
});
export type Limits = z.infer<typeof LimitsSchema>;

export const DEFAULT_LIMITS: Limits = { start: 60, step: 60, exit: 600 };

/** What the user wants: what is run, and what is done to it while it runs. */
export const ExerciseSchema = z.strictObject({
  /** What follows the image's name on `docker run`. */
  args: z.array(z.string()),
  run: RunOptionsSchema,
  /** Missing: the default exercise. */
  steps: z.array(StepSchema).exactOptional(),
  limits: LimitsSchema,
  /** Commands for the shell of this computer, run before each start. They bring a database back to its first state. */
  reset: z.array(z.string()),
  /** What the app reads from standard input, in base64. */
  input: z.string().exactOptional(),
});
export type Exercise = z.infer<typeof ExerciseSchema>;

/** The image's own command and the default exercise, without any option. */
export const PLAIN_EXERCISE: Exercise = { args: [], run: PLAIN_RUN, limits: DEFAULT_LIMITS, reset: [] };

/**
 * An exercise as it is written down. Values of environment variables are secrets, so the trace holds their names and
 * this holds none of them. Limits belong to the command that waits, not to the exercise.
 */
export const StoredExerciseSchema = ExerciseSchema.omit({ limits: true }).extend({ run: RunOptionsSchema.omit({ env: true }) });
export type StoredExercise = z.infer<typeof StoredExerciseSchema>;

/** Drops what must not be written down. */
export function storedExercise({ limits: _limits, run: { env: _env, ...run }, ...rest }: Exercise): StoredExercise {
  return { ...rest, run };
}

/** Puts back what {@link storedExercise} dropped. */
export function restoredExercise({ run, ...rest }: StoredExercise, env: readonly string[], limits: Limits): Exercise {
  return { ...rest, run: { ...run, env: [...env] }, limits };
}
