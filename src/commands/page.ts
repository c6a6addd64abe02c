import writeFileAtomic from 'write-file-atomic';
import { UserError } from '../errors.js';
import { megabytes } from '../ui/table.js';

/**
 * Writes a page into the file that the user named, and says so. A file that is there is replaced as a whole.
 * @throws UserError where it can't be written
 */
export async function savePage(file: string, html: string): Promise<string[]> {
  try {
    await writeFileAtomic(file, html);
  } catch (error) {
    throw new UserError(
      `The page can't be written to ${file}: ${(error as Error).message}.`,
      'Name a file in a folder that you can write to.',
    );
  }
  return [`${file}: ${megabytes(Buffer.byteLength(html))}, one file that needs no network. Open it in a browser.`];
}
