import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explained } from '../errors.js';
import { writeWholeFile } from '../os/wholefile.js';

/** What to do where results can't be written. */
export const ELSEWHERE = 'run pyshrink in another directory';

/** A file name that no other run uses: `STEM-ID.json`. */
export function freshName(stem: string): string {
  return `${stem}-${randomBytes(6).toString('hex')}.json`;
}

/** Writes a file whole or not at all. @throws UserError where the folder can't be written or the disk is full */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  try {
    await writeWholeFile(path, text, { mode });
  } catch (error) {
    throw explained(error, dirname(path), ELSEWHERE);
  }
}

/** Removes the files of a folder whose names match, all but one. */
export async function removeOthers(folder: string, pattern: RegExp, but: string): Promise<void> {
  for (const name of await readdir(folder)) if (name !== but && pattern.test(name)) await rm(join(folder, name), { force: true });
}
