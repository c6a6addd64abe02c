import type { Edit } from '../elf/strip.js';
import type { RootFs } from '../rootfs.js';
import { megabytes } from '../ui/table.js';

/** Bytes. Less is not worth a line. */
const WORTH_SAYING = 1e6;

/** How much debug information was left out: a line for the user, or none. */
export function strippedLines(edits: ReadonlyMap<string, Edit>, fs: RootFs): string[] {
  // Names of one file (hard links) count once.
  const files = new Map([...edits].map(([path, edit]) => [fs.lstat(path)?.group ?? path, edit]));
  const bytes = [...files.values()].reduce((sum, { before, after }) => sum + before - after, 0);
  if (bytes < WORTH_SAYING) return [];
  return [
    `left out debug information of ${files.size} programs and libraries (${megabytes(bytes)}), which only debuggers read: --include keeps a file as it is`,
  ];
}
