import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { UserError } from '../errors.js';

/** A file name that no other run uses: `STEM-ID.json`. */
export function freshName(stem: string): string {
  return `${stem}-${randomBytes(6).toString('hex')}.json`;
}

/** Writes a file whole or not at all. @throws UserError where the folder can't be written or the disk is full */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  try {
    await writeFileAtomic(path, text, { mode });
  } catch (error) {
    throw writingFailed(error, dirname(path));
  }
}

/** Removes the files of a folder whose names match, all but one. */
export async function removeOthers(folder: string, pattern: RegExp, but: string): Promise<void> {
  for (const name of await readdir(folder)) if (name !== but && pattern.test(name)) await rm(join(folder, name), { force: true });
}

/** Why a folder could not be written, as a UserError where the user can do something about it; other errors stay. */
export function writingFailed(error: unknown, folder: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError(
        `The folder ${folder}, where results go, can't be written: ${code === 'EROFS' ? 'the file system is read-only' : 'permission denied'}.`,
        'Run pyshrink in a directory that you may write to.',
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new UserError(`The folder ${folder}, where results go, can't be made: ${message}.`, 'Remove the file that is in its place.');
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError(
        `The disk of ${folder}, where results go, is full.`,
        'Free some space, or run pyshrink in a directory on another disk.',
      );
    default:
      return error;
  }
}
