import type { ImageInfo, Session } from '../engines/engine.js';
import { UserError, unprovenError } from '../errors.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import type { Step } from '../exercise/steps.js';
import type { Helper } from '../guest/helper.js';
import type { Watching } from '../trace/watching.js';
import { type Outcome, runWatched } from '../watching/run.js';

/** What a later run of an exercise needs, of the original or of the shrunk image. */
export interface Again {
  session: Session;
  helper: Helper;
  original: ImageInfo;
  exercise: Exercise;
  /** How the original had to be watched. */
  watching: Watching;
  /** The steps that the original's first run did. */
  done: readonly Step[];
  /** Seconds until the original listened in its first run; undefined where it did not. */
  took: number | undefined;
  say: (text: string) => void;
}

/** How many times longer than the traced one a later start may take: a computer may be busier then. */
export const SLOWER = 5;

/** Runs an image like the traced run: with the same steps, and with enough time to start. */
export async function runAgain(
  { session, helper, original, exercise, watching, done, took, say }: Again,
  image: string,
  name: string,
): Promise<Outcome> {
  const kit = await helper.kitFor(image);
  const limits = { ...exercise.limits, start: Math.max(exercise.limits.start, Math.ceil((took ?? 0) * SLOWER)) };
  const where = { image, config: original.config, volume: helper.volume, kit, name };
  return runWatched(session, { ...exercise, limits }, watching, where, say, done);
}

/**
 * Runs the original once more.
 * @throws UserError with exit code 4 where it can't do now what it did under trace
 */
export async function runOriginal(again: Again, name: string): Promise<Answers> {
  const { answers } = await runAgain(again, again.original.id, name);
  if (!(answers instanceof UserError)) return answers;
  throw unprovenError(
    `The original ${again.original.reference} fails when it runs again, so nothing is proven: ${answers.message}`,
    'If a run changes something outside the container, undo it with `reset` in an exercise file, or let the original run only once with --runs 1.',
  );
}
