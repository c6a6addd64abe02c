import { UserError } from '../errors.js';
import { writeWholeFile } from '../os/wholefile.js';
import { megabytes } from '../ui/table.js';

/**
 * Writes a page into the file that the user named, and says so. A file that is there is replaced as a whole.
 * @throws UserError where it can't be written
 */
export async function savePage(file: string, html: string): Promise<string[]> {
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
