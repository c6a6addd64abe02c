import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Folder for what outlives a run and is no result: PYSHRINK_CACHE, or `pyshrink` in the user's cache folder (XDG Base
 * Directory Specification).
 */
export function cacheFolder(): string {
  return process.env.PYSHRINK_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pyshrink');
}
