import type { Edit } from '../elf/strip.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import { megabytes } from '../ui/table.js';

/** Bytes. Less is not worth a line. */
const WORTH_SAYING = 1e6;

/** How much debug information was left out, or why it was not: a line for the user, or none. */
export function strippedLines(edits: ReadonlyMap<string, Edit>, { debugNeeded }: Pick<Trace, 'debugNeeded'>, fs: RootFs): string[] {
  if (debugNeeded) return ['debug information is kept: without it, the app behaved differently'];
  // Names of one file (hard links) count once.
  const files = new Map([...edits].map(([path, edit]) => [fs.lstat(path)?.group ?? path, edit]));
  const bytes = [...files.values()].reduce((sum, { before, after }) => sum + before - after, 0);
  if (bytes < WORTH_SAYING) return [];
  const count = files.size === 1 ? 'one program or library' : `${files.size} programs and libraries`;
  return [`left out debug information of ${count} (${megabytes(bytes)}), which only debuggers read: --include keeps a file as it is`];
}
