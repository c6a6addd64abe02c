import type { ImageConfig } from './config.js';

/** Label of every image that pyshrink makes: the identifier of its original. */
export const ORIGINAL_LABEL = 'io.pyshrink.original.id';

/** Whether pyshrink made an image, so that it may replace it. */
export function isOurs(config: ImageConfig): boolean {
  return config.Labels?.[ORIGINAL_LABEL] !== undefined;
}
