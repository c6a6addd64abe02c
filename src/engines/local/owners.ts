import { execa } from 'execa';
import { type Entry, push } from '../../rootfs.js';
import { pathBytes } from '../../tar/pathbytes.js';
import { asRootInside } from './namespaces.js';

/** Bytes of paths that one chown(1) takes as arguments, well below ARG_MAX. */
const AT_ONCE = 100_000;

/**
 * Gives unpacked files to the users that the image names, inside a user namespace with the ranges of subuid(5): from
 * outside, an ordinary user can give nothing away. What is root's in the image is ours already.
 */
export async function giveToOwners(root: string, entries: Iterable<Entry>): Promise<void> {
  const owned = new Map<string, Entry[]>();
  for (const entry of entries) {
    if ((entry.uid !== 0 || entry.gid !== 0) && entry.type !== 'c' && entry.type !== 'b' && entry.type !== 'p')
      push(owned, `${entry.uid}:${entry.gid}`, entry);
  }
  for (const [owner, files] of owned) {
    const input = Buffer.concat(files.map(({ path }) => pathBytes(`.${path}\0`)));
    await inside(root, ['xargs', '-0', '-s', String(AT_ONCE), 'chown', '-h', '--', owner], input);
    // chown clears setuid and setgid bits, so they come after.
    for (const { path, mode } of files.filter(({ type, mode: bits }) => type === 'f' && bits & 0o6000))
      await inside(root, ['chmod', (mode & 0o7777).toString(8), `.${path}`]);
  }
}

async function inside(cwd: string, command: readonly string[], input: Uint8Array = new Uint8Array()): Promise<void> {
  const [file, ...args] = asRootInside('ranges', command);
  // An owner beyond the ranges stays ours; the inventory has the image's own.
  await execa(file as string, args, { cwd, input, reject: false });
}
