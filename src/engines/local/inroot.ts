import { lstat, readFile, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { UserFiles } from './user.js';

/** Links that are followed in one path, as in the kernel (path_resolution(7)). */
const MOST_LINKS = 40;

/** Where a path of an image is on this computer. */
export interface Found {
  /** The path inside the image, without links and `..`. */
  path: string;
  /** The uppermost layer that has it, and where. Undefined where no layer does. */
  at?: string;
}

/**
 * Resolves a path of an image as a process would whose root directory is the image (chroot(2)): `..` ends at its root, and
 * links lead to paths of the image. So nothing of this computer is ever found.
 * @param layers directories, the uppermost first
 * @param path absolute, or relative to the image's root; the part of it that does not exist stays as it is
 */
export async function findInRoot(layers: readonly string[], path: string): Promise<Found> {
  const rest = path.split('/').reverse();
  const real: string[] = [];
  let links = 0;
  while (rest.length > 0) {
    const part = rest.pop() as string;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      real.pop();
      continue;
    }
    const target = await linkTarget(layers, [...real, part]);
    if (target === undefined) {
      real.push(part);
      continue;
    }
    if (++links > MOST_LINKS) return { path: posix.join('/', ...real, part) };
    if (target.startsWith('/')) real.length = 0;
    rest.push(...target.split('/').reverse());
  }
  const at = (await uppermost(layers, real))?.at;
  return { path: `/${real.join('/')}`, ...(at !== undefined && { at }) };
}

async function linkTarget(layers: readonly string[], parts: readonly string[]): Promise<string | undefined> {
  const found = await uppermost(layers, parts);
  return found?.link ? readlink(found.at) : undefined;
}

/** The uppermost layer that has these components. None of their parents is a link. */
async function uppermost(layers: readonly string[], parts: readonly string[]): Promise<{ at: string; link: boolean } | undefined> {
  for (const layer of layers) {
    const at = join(layer, ...parts);
    const found = await lstat(at).catch(() => undefined);
    if (found) return { at, link: found.isSymbolicLink() };
  }
  return undefined;
}

/** The files of an image that name its users and groups. @param layers as in {@link findInRoot} */
export async function userFilesIn(layers: readonly string[]): Promise<UserFiles> {
  const read = async (path: string) => {
    const { at } = await findInRoot(layers, path);
    return at !== undefined && (await lstat(at)).isFile() ? readFile(at, 'utf8') : undefined;
  };
  return { passwd: await read('etc/passwd'), group: await read('etc/group') };
}
