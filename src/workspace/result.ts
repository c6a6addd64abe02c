import { z } from 'zod';
import { GPU_TARGETS } from '../keep/data/gpu.js';

/** What the newest assembly made. */
export const Result = z.strictObject({
  /** The engine's identifier of the shrunk image. */
  id: z.string(),
  /** Its name, as the user would write it. */
  tag: z.string(),
  /** The identifier of the original. */
  original: z.string(),
  /** Paths of the traces that it was made from. */
  traces: z.array(z.string()).min(1),
  /** Globs of paths that the user left out. */
  exclude: z.array(z.string()).default([]),
  /** The GPUs that it was made for. */
  targetGpu: z.enum(GPU_TARGETS).default('any'),
});
export type Result = z.infer<typeof Result>;
