import { execa } from 'execa';
import { pathBytes } from '../../images/pathbytes.js';
import { type Entry, push } from '../../rootfs.js';
import { USER_NAMESPACE } from './machine.js';

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
    // chown clears setuid and setgid bits, so their modes come after.
    await execa('unshare', [...USER_NAMESPACE.ranges, 'xargs', '-0', '-s', String(AT_ONCE), 'chown', '-h', '--', owner], {
      cwd: root,
      input,
      reject: false,
    });
    for (const { path, mode } of files.filter(({ type, mode: bits }) => type === 'f' && bits & 0o6000))
      await execa('unshare', [...USER_NAMESPACE.ranges, 'chmod', (mode & 0o7777).toString(8), `.${path}`], { cwd: root, reject: false });
  }
}
