import { z } from 'zod';
import { PLAIN_RUN, RunOptionsSchema } from '../engines/runoptions.js';
import { StepSchema } from './steps.js';

/** The longest time to wait for each kind of event, in seconds. */
export const LimitsSchema = z.strictObject({
  /** Until a port listens. */
  start: z.number(),
  /** Until one request is answered, or one command has ended. */
  step: z.number(),
  /** Until the app ends by itself. */
  exit: z.number(),
});
export type Limits = z.infer<typeof LimitsSchema>;

export const DEFAULT_LIMITS: Limits = { start: 60, step: 60, exit: 600 };

/** What the user wants: which command to run, and what to do with the app while it runs. */
export const ExerciseSchema = z.strictObject({
  /** Arguments after the image's name, as on `docker run`. */
  args: z.array(z.string()),
  run: RunOptionsSchema,
  /** Missing: the default exercise. */
  steps: z.array(StepSchema).exactOptional(),
  /** It runs until it is stopped. So in the default exercise, it is no job where it listens nowhere. */
  lasts: z.literal(true).exactOptional(),
  limits: LimitsSchema,
  /** Commands that sh runs on this computer before each start of the app, e.g. to reset a database. */
  reset: z.array(z.string()),
  /** Standard input of the app, in base64. */
  input: z.string().exactOptional(),
  /** Exit status that the app is expected to end with. Missing: 0, where it ends by itself. */
  expectExit: z.number().int().exactOptional(),
  /** The service of a compose file that this is a run of: it gets what the service gets, and what the service needs runs beside it. */
  compose: z
    .strictObject({
      /** Absolute path. */
      file: z.string(),
      service: z.string(),
      /** Networks and volumes from outside of the project are used. */
      useExternal: z.literal(true).exactOptional(),
      /** Mounts that hide what must ship are left out. */
      noBinds: z.literal(true).exactOptional(),
    })
    .exactOptional(),
  /** Whether the original may fail: then its failures are warnings. */
  allowFailing: z.literal(true).exactOptional(),
});
export type Exercise = z.infer<typeof ExerciseSchema>;

/** The image's own command and the default exercise, without any option. */
export const PLAIN_EXERCISE: Exercise = { args: [], run: PLAIN_RUN, limits: DEFAULT_LIMITS, reset: [] };

/**
 * An exercise as it is stored. It holds no environment variables, as their values may be secrets; the trace holds their
 * names. It holds no limits, as each command sets its own.
 */
export const StoredExerciseSchema = ExerciseSchema.omit({ limits: true }).extend({ run: RunOptionsSchema.omit({ env: true }) });
export type StoredExercise = z.infer<typeof StoredExerciseSchema>;

/** Drops what must not be stored. */
export function storedExercise({ limits: _limits, run: { env: _env, ...run }, ...rest }: Exercise): StoredExercise {
  return { ...rest, run };
}

/** Puts back what {@link storedExercise} dropped. */
export function restoredExercise({ run, ...rest }: StoredExercise, env: readonly string[], limits: Limits): Exercise {
  return { ...rest, run: { ...run, env: [...env] }, limits };
}
