import { z } from 'zod';
import { Answers } from '../exercise/answers.js';

/** The version of check.json that this pyshrink writes, and the only one that it reads. */
export const CHECK_VERSION = 1;

/** What varies by itself: the originals' runs have different answers there, and the shrunk image may have another one. */
export const Varied = z.strictObject({
  where: z.string(),
  /** Name of the run, where the runs have names. */
  run: z.string().exactOptional(),
  what: z.string(),
  place: z.string(),
  originals: z.array(z.string()),
  shrunk: z.string(),
});

/**
 * What the newest comparison found. It holds answers, which may be secret, so it is a file of its own that only its owner
 * can read. The original's answers are in the run record.
 */
export const CheckRecord = z.strictObject({
  version: z.literal(CHECK_VERSION),
  /** The engine's identifier of the shrunk image. */
  image: z.string(),
  outcome: z.enum(['same', 'different', 'unproven']),
  /** Numbers of answers and of static checks. */
  compared: z.number().int(),
  checked: z.number().int(),
  problems: z.array(z.string()),
  differences: z.array(
    z.strictObject({ where: z.string(), run: z.string().exactOptional(), what: z.string(), original: z.string(), shrunk: z.string() }),
  ),
  missing: z.array(z.string()),
  uncompared: z.array(z.string()),
  varied: z.array(Varied),
  /** What the shrunk image answered, for each run of the trace; null where it was not run, or the exercise could not be done. */
  answers: z.array(Answers.nullable()),
  /** Secret values of environment variables that the above holds, so that nothing shows them. */
  echoed: z.array(z.string()).exactOptional(),
});
export type CheckRecord = z.infer<typeof CheckRecord>;
