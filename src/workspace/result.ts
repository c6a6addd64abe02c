import { z } from 'zod';
import { GPU_TARGETS } from '../keep/data/gpu.js';

/** What the newest assembly made. */
export const Result = z.strictObject({
  /** The engine's identifier of the shrunk image. */
  id: z.string(),
  /** Its name, as the user would write it. */
  tag: z.string(),
  /** Set where it did not get that name: it behaves differently, a run of the original failed, or it is larger than its budget. Then nothing is left of it. */
  named: z.literal(false).exactOptional(),
  /** The identifier of the original. */
  original: z.string(),
  /** Paths of the traces that it was made from. */
  traces: z.array(z.string()).min(1),
  /** Globs of paths that the user left out. */
  exclude: z.array(z.string()).default([]),
  /** The GPUs that it was made for. */
  targetGpu: z.enum(GPU_TARGETS).default('any'),
  /** Bytes of both images, as the engine counts them. */
  size: z.number().exactOptional(),
  originalSize: z.number().exactOptional(),
  /** Layers of the original, bottom first: the command that made each, and its bytes. */
  originalLayers: z.array(z.strictObject({ command: z.string(), bytes: z.number() })).exactOptional(),
  /** The base that it is built on. */
  base: z.string().exactOptional(),
  /** What `assemble` had to say. */
  notes: z.array(z.string()).default([]),
});
export type Result = z.infer<typeof Result>;
