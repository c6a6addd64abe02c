import { posix } from 'node:path';
import { isSecret } from '../../os/secrets.js';
import type { Entry } from '../../rootfs.js';

/** Folders of the operating system, with its package database. */
const SYSTEM = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/var/lib/dpkg', '/var/lib/apt'];
/** Large folders of the system that no program reads. */
const PRUNED = ['/usr/src', '/usr/include', '/usr/share/doc', '/usr/share/man'];
/** Folders in the working directory that do not belong to the app. */
const ASIDE = ['.git', '.pyshrink', 'node_modules'];

/** Where a command of this computer may have its files. */
export interface Surroundings {
  workdir: string;
  home: string;
  /** sys.prefix and sys.base_prefix of the interpreter, and the folders of sys.path. */
  python: readonly string[];
}

/**
 * Folders of this computer that are listed as an image would be: those of the system, of the interpreter and of the app.
 * A home directory never counts as the app's folder, even if it is the working directory: only files that were used
 * are taken from it.
 */
export function hostRoots({ workdir, home, python }: Surroundings): { roots: string[]; pruned: string[] } {
  const roots = [...SYSTEM, ...[...python, workdir].filter((folder) => !holdsHome(folder, home))];
  return { roots: [...new Set(roots)], pruned: [...PRUNED, ...ASIDE.map((name) => posix.join(workdir, name))] };
}

/** Whether a folder is a home directory, or above one. */
export function holdsHome(folder: string, home: string): boolean {
  return folder === '/' || home === folder || home.startsWith(`${folder}/`);
}

/**
 * Removes entries that may hold secrets, except those that the user named.
 * @param entries changed in place
 * @param used paths that the run opened
 * @param include exact paths that the user named
 * @returns `refused`: removed files that were used or lie below the working directory; `taken`: files that stay because the user named them, though they may hold secrets
 */
export function withoutSecrets(
  entries: Map<string, Entry>,
  { workdir, home, python }: Surroundings,
  used: ReadonlySet<string>,
  include: readonly string[],
): { refused: string[]; taken: string[] } {
  const [refused, taken]: [string[], string[]] = [[], []];
  for (const [path, { type }] of entries) {
    if (!isSecret(path, home, python)) continue;
    if (include.some((name) => path === name || path.startsWith(`${name}/`) || name.startsWith(`${path}/`))) {
      if (type !== 'd') taken.push(path);
      continue;
    }
    entries.delete(path);
    if (type !== 'd' && (used.has(path) || path.startsWith(`${workdir}/`))) refused.push(path);
  }
  return { refused: refused.sort(), taken: taken.sort() };
}
