import { z } from 'zod';
import { LEVELS } from '../keep/level.js';
import { Link, THINGS } from './model.js';

/** The version of the JSON of a diff. */
export const DIFF_SCHEMA = 2;

/**
 * What is compared. `kept`: what both shrunk images keep. `used`: what the runs of both originals opened, executed or mapped,
 * where nothing was assembled from one of the traces. Then sizes are not known: a trace has none.
 */
const BASES = ['kept', 'used'] as const;

/** Files, and their bytes where these are known. */
const Compared = z.strictObject({ files: z.number().int().nonnegative(), bytes: z.number().int().nonnegative().nullable() });

const Side = z.strictObject({
  /** The original, as the user named it. */
  reference: z.string(),
  id: z.string(),
  platform: z.string(),
  /** The shrunk image, and its level; null where nothing was assembled from the trace. */
  name: z.string().nullable(),
  level: z.enum(LEVELS).nullable(),
  /** Bytes, as the engine counts them; null where that is not known. */
  size: z.number().int().nullable(),
  /** What is kept, or what was used: see `basis`. */
  kept: Compared,
  outcome: z.enum(['same', 'different', 'unproven']).nullable(),
});

/**
 * A distribution, a package of the operating system, the interpreter, or a file that belongs to none. A trace does not say
 * what belongs to which distribution: where `basis` is `used`, a distribution is what has one name in a site-packages folder.
 */
const Changed = z.strictObject({
  thing: z.enum(THINGS),
  name: z.string(),
  /** What is kept (or was used) on each side; null where nothing of it is. */
  a: z.strictObject({ version: z.string().nullable(), kept: Compared, chain: z.array(Link) }).nullable(),
  b: z.strictObject({ version: z.string().nullable(), kept: Compared, chain: z.array(Link) }).nullable(),
  /** Bytes that B has more than A. */
  bytes: z.number().int().nullable(),
  /** The largest paths that came and went, at most twenty each. */
  came: z.array(z.string()),
  went: z.array(z.string()),
});
export type Changed = z.infer<typeof Changed>;

/** What `pyshrink diff --json` prints. Sizes are bytes. */
export const Diff = z.strictObject({
  schema: z.literal(DIFF_SCHEMA),
  basis: z.enum(BASES),
  a: Side,
  b: Side,
  /** Bytes and files that B has more than A. */
  bytes: z.number().int().nullable(),
  files: z.number().int(),
  /** The largest change first. Only what changed. */
  things: z.array(Changed),
  programs: z.strictObject({ came: z.array(z.string()), went: z.array(z.string()) }),
  /** Steps whose outcome or answer is another. Of the shrunk images where both were compared, else of the originals. */
  answers: z.array(z.strictObject({ label: z.string(), field: z.string(), a: z.string(), b: z.string() })),
});
export type Diff = z.infer<typeof Diff>;
