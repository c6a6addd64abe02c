import { execa } from 'execa';
import { debug } from '../../debug.js';
import { type Entry, push } from '../../rootfs.js';
import { pathBytes } from '../../tar/pathbytes.js';
import { asRootInside } from './namespaces.js';

/** Bytes of paths passed to one chown(1), well below ARG_MAX. */
const ARGUMENT_BYTES = 100_000;

/**
 * Gives unpacked files the owners that the image has. An ordinary user may not change owners, so chown(1) runs as root of a
 * user namespace with the ranges of subuid(5). There our own files are root's.
 */
export async function giveToOwners(root: string, entries: Iterable<Entry>): Promise<void> {
  const owned = new Map<string, Entry[]>();
  for (const entry of entries) {
    if ((entry.uid !== 0 || entry.gid !== 0) && entry.type !== 'c' && entry.type !== 'b' && entry.type !== 'p')
      push(owned, `${entry.uid}:${entry.gid}`, entry);
  }
  for (const [owner, files] of owned) {
    const input = Buffer.concat(files.map(({ path }) => pathBytes(`.${path}\0`)));
    await inside(root, ['xargs', '-0', '-s', String(ARGUMENT_BYTES), 'chown', '-h', '--', owner], input);
  }
}

async function inside(cwd: string, command: readonly string[], input: Uint8Array = new Uint8Array()): Promise<void> {
  const [file, ...args] = asRootInside('ranges', command);
  const run = await execa(file as string, args, { cwd, input, reject: false });
  // Files with an owner outside the ranges stay ours. The keep set does not suffer: the inventory has the image's owners.
  if (run.failed) debug.engine('not all files got their owner: %s', run.stderr || run.shortMessage);
}
