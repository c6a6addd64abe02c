import { baseName, parentOf } from '../rootfs.js';
import type { Context } from './rule.js';

/** The end of a name that code puts together from a constant and an argument. Source: probes/prefixes.py. */
const ANY = '-*';

/** Whether a name stands for all programs that begin with it: `jupyter-*`. */
export function isPrefix(name: string): boolean {
  return name.endsWith(ANY) && /^[A-Za-z][\w.+-]*$/.test(name.slice(0, -1));
}

/**
 * The programs that distributions installed under names with a prefix. They need not be in PATH: what runs them often looks beside
 * itself, too.
 * @param name as in {@link isPrefix}
 */
export function programsWith(name: string, { fs, python }: Pick<Context, 'fs' | 'python'>): string[] {
  const prefix = name.slice(0, -1);
  return (python?.distributions.all ?? [])
    .flatMap(({ files }) => files)
    .filter((path) => baseName(path).startsWith(prefix) && baseName(parentOf(path)) === 'bin')
    .filter((path) => fs.lstat(path)?.type === 'f' && ((fs.lstat(path)?.mode ?? 0) & 0o111) !== 0);
}
