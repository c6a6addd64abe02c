import { type RootFs, readText } from '../rootfs.js';

/** Paragraphs of a Debian control file (deb822(5)), as functions that return the value of a field. */
export async function paragraphs(fs: RootFs, path: string): Promise<((field: string) => string | undefined)[]> {
  const blocks = ((await readText(fs, path)) ?? '').split(/\n\n+/);
  return blocks.map((block) => (field) => new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(block)?.[1]);
}
