import { open, stat } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { writeWholeFile } from '../os/wholefile.js';
import { megabytes } from '../ui/table.js';

/** What the page says about who has made it, in its first bytes (src/report/page/page.html). */
const MARK = '<meta name="generator" content="pyshrink">';
const FIRST_BYTES = 4096;

/**
 * Writes a page into the file that the user named, and says so. An older page is replaced as a whole.
 * @throws UserError where it can't be written, or the file is no page of pyshrink
 */
export async function savePage(file: string, html: string): Promise<string[]> {
  if (!(await isFree(file)))
    throw new UserError(`${file} is there, and it is no page of this pyshrink.`, 'Choose another name, or remove the file.');
  try {
    // It holds answers of the app, as the run record does.
    await writeWholeFile(file, html, { mode: 0o600 });
  } catch (error) {
    throw new UserError(
      `The page can't be written to ${file}: ${(error as Error).message}.`,
      'Name a file in a folder that you can write to.',
    );
  }
  return [
    `${file}: ${megabytes(Buffer.byteLength(html))}, one file that needs no network. Open it in a browser. It holds the answers of both images, so only you can read it.`,
  ];
}

/** Whether a file can be written without a loss: it is not there, it is empty, or it is a page. What can't be read fails later. */
async function isFree(file: string): Promise<boolean> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile() || stats.size === 0) return true;
  const handle = await open(file).catch(() => undefined);
  if (!handle) return true;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead).includes(MARK);
  } finally {
    await handle.close();
  }
}
