import { z } from 'zod';
import { LEVELS } from '../keep/level.js';
import { Amount, Link, THINGS } from './model.js';

/** The version of the JSON of a diff. */
export const DIFF_SCHEMA = 1;

const Side = z.strictObject({
  /** The original, as the user named it. */
  reference: z.string(),
  id: z.string(),
  platform: z.string(),
  /** The shrunk image. */
  name: z.string(),
  level: z.enum(LEVELS),
  /** Bytes, as the engine counts them; null where that is not known. */
  size: z.number().int().nullable(),
  kept: Amount,
  outcome: z.enum(['same', 'different', 'unproven']).nullable(),
});

/** A distribution, a package of the operating system, the interpreter, or a file that belongs to none. */
const Changed = z.strictObject({
  thing: z.enum(THINGS),
  name: z.string(),
  /** What is kept on each side; null where nothing of it is. */
  a: z.strictObject({ version: z.string().nullable(), kept: Amount, chain: z.array(Link) }).nullable(),
  b: z.strictObject({ version: z.string().nullable(), kept: Amount, chain: z.array(Link) }).nullable(),
  /** Bytes that B has more than A. */
  bytes: z.number().int(),
  /** The largest paths that came and went, at most twenty each. */
  came: z.array(z.string()),
  went: z.array(z.string()),
});
export type Changed = z.infer<typeof Changed>;

/** What `pyshrink diff --json` prints. Sizes are bytes. */
export const Diff = z.strictObject({
  schema: z.literal(DIFF_SCHEMA),
  a: Side,
  b: Side,
  /** Bytes and files that B has more than A. */
  bytes: z.number().int(),
  files: z.number().int(),
  /** The largest change first. Only what changed. */
  things: z.array(Changed),
  programs: z.strictObject({ came: z.array(z.string()), went: z.array(z.string()) }),
  /** Steps whose outcome or answer is another. Of the shrunk images where both were compared, else of the originals. */
  answers: z.array(z.strictObject({ label: z.string(), field: z.string(), a: z.string(), b: z.string() })),
});
export type Diff = z.infer<typeof Diff>;
