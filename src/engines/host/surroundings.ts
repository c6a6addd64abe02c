import { posix } from 'node:path';
import { isSecret } from '../../os/secrets.js';
import type { Entry } from '../../rootfs.js';

/** What a distribution of an operating system brings, and its database of packages. */
const SYSTEM = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/var/lib/dpkg', '/var/lib/apt'];
/** Large, and never read by a program. */
const PRUNED = ['/usr/src', '/usr/include', '/usr/share/doc', '/usr/share/man'];
/** Of a project's folder. */
const ASIDE = ['.git', '.pyshrink', 'node_modules'];

/** Which part of this machine is looked at. */
export interface Surroundings {
  workdir: string;
  home: string;
  /** sys.prefix of the interpreter and of what it is based on, and folders on sys.path. */
  python: readonly string[];
}

/**
 * Folders of this machine that are looked at as if they were an image: the system, the interpreter, and the folder of
 * the app. A home directory is not the app's folder, even where somebody works in it: only what was used of it counts.
 */
export function machineRoots({ workdir, home, python }: Surroundings): { roots: string[]; pruned: string[] } {
  const roots = [...SYSTEM, ...[...python, workdir].filter((folder) => !holdsHome(folder, home))];
  return { roots: [...new Set(roots)], pruned: [...PRUNED, ...ASIDE.map((name) => posix.join(workdir, name))] };
}

/** Whether a folder is a home directory, or above one. */
export function holdsHome(folder: string, home: string): boolean {
  return folder === '/' || home === folder || home.startsWith(`${folder}/`);
}

/**
 * Takes out what may hold secrets, but what was named.
 * @param used paths that the run opened
 * @param include paths named by the user, letter by letter
 * @returns what was taken out though it was used, or lies with the app
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
