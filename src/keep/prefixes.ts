import type { Distributions } from '../python/distributions.js';
import { baseName, parentOf } from '../rootfs.js';
import type { Context } from './rule.js';

/** The end of a name that code puts together from a constant and an argument. Source: probes/prefixes.py. */
const ANY = '-*';

/** Whether a name stands for all programs that begin with it: `jupyter-*`. */
export function isPrefix(name: string): boolean {
  return name.endsWith(ANY) && /^[A-Za-z][\w.+-]*$/.test(name.slice(0, -1));
}

/** The files in folders called `bin`. Distributions have many other files, and an app has many strings that are prefixes. */
const BINS = new WeakMap<Distributions, readonly string[]>();

function binsOf(distributions: Distributions): readonly string[] {
  const known = BINS.get(distributions);
  if (known) return known;
  const bins = distributions.all.flatMap(({ files }) => files.filter((path) => baseName(parentOf(path)) === 'bin'));
  BINS.set(distributions, bins);
  return bins;
}

/**
 * The programs that distributions installed under names with a prefix. They need not be in PATH: what runs them often looks beside
 * itself, too.
 * @param name as in {@link isPrefix}
 */
export function programsWith(name: string, { fs, python }: Pick<Context, 'fs' | 'python'>): string[] {
  const prefix = name.slice(0, -1);
  return (python ? binsOf(python.distributions) : [])
    .filter((path) => baseName(path).startsWith(prefix))
    .filter((path) => fs.lstat(path)?.type === 'f' && ((fs.lstat(path)?.mode ?? 0) & 0o111) !== 0);
}
