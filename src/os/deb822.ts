import { type RootFs, readText } from '../rootfs.js';

/** The value of a field. */
export type Paragraph = (field: string) => string | undefined;

/** Paragraphs of a Debian control file (deb822(5)). */
export async function paragraphs(fs: RootFs, path: string): Promise<Paragraph[]> {
  const blocks = ((await readText(fs, path)) ?? '').split(/\n\n+/);
  return blocks.map((block) => (field) => new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(block)?.[1]);
}
