import { baseName, type RootFs } from '../rootfs.js';
import { WRAPPED } from './data/systemprograms.js';
import { expandGlob } from './globs.js';

/** The programs that a wrapper starts under the name of a link: psql of PostgreSQL behind pg_wrapper. [] for other paths. */
export function wrappedBy(path: string, fs: RootFs): readonly string[] {
  const target = fs.lstat(path)?.target ?? '';
  const row = WRAPPED.find(({ wrapper }) => wrapper.test(target));
  return row ? expandGlob(fs, row.program(baseName(path))) : [];
}
