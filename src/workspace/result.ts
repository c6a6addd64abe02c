import { z } from 'zod';

/** What the newest assembly made. */
export const Result = z.object({
  /** The engine's identifier of the shrunk image. */
  id: z.string(),
  /** Its name, as the user would write it. */
  tag: z.string(),
  /** The identifier of the original. */
  original: z.string(),
  /** Paths of the traces that it was made from. */
  traces: z.array(z.string()).min(1),
});
export type Result = z.infer<typeof Result>;

const ReasonSchema = z.object({ rule: z.string(), parents: z.array(z.string()), detail: z.string() });
/** Why each path is kept, or left out. */
export const KeepReport = z.object({
  kept: z.record(z.string(), z.array(ReasonSchema)),
  /** Index into `sentences`. */
  omitted: z.record(z.string(), z.number()),
  sentences: z.array(z.string()),
  /** Symbolic links of the original and their targets. */
  links: z.record(z.string(), z.string()),
  distributions: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      metadata: z.string(),
      files: z.number(),
      kept: z.number(),
      /** How much of it is kept; null where nothing asks for it. */
      grade: z.enum(['touched', 'pulled', 'app']).nullable(),
      /** The kept path that led to it. */
      by: z.string().optional(),
    }),
  ),
});
export type KeepReport = z.infer<typeof KeepReport>;
