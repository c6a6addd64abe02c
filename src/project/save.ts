import { explained, type UserError, usageError } from '../errors.js';
import { writeWholeFile } from '../os/wholefile.js';

/** Why a project file is not written over one that is there. */
export function existsError(file: string): UserError {
  return usageError(`${file} is there already.`, 'Give another name with -f, or replace it with --force.');
}

/** Writes a project file, whole or not at all. @throws UserError where one is there, but for `force`, or it can't be written */
export async function saveProject(file: string, text: string, force: boolean): Promise<void> {
  await writeWholeFile(file, text, { isNew: !force }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw existsError(file);
    throw explained(error, file, 'name another file with -f');
  });
}
