import { resolve } from 'node:path';
import { within } from './paths.js';

/** Exit codes of every command. `unproven`: the original itself fails, or nothing was compared. `overBudget`: larger than the user allows. */
export const ExitCode = { done: 0, failed: 1, usage: 2, differs: 3, unproven: 4, overBudget: 5, interrupted: 130 } as const;

/** An error that the user can resolve. It is printed without a stack trace. */
export class UserError extends Error {
  override name = 'UserError';

  /**
   * @param message what happened, and to which image or path, as one sentence
   * @param remedy what to do next, as one sentence
   * @param exitCode one of {@link ExitCode}
   */
  constructor(
    message: string,
    readonly remedy: string,
    readonly exitCode: number = ExitCode.failed,
  ) {
    super(message);
  }
}

/** Nothing is proven about a shrunk image: the original itself fails, or nothing was compared. */
export function unprovenError(message: string, remedy: string): UserError {
  return new UserError(message, remedy, ExitCode.unproven);
}

/** Something took longer than a limit that the user can raise. */
export class TimeoutError extends UserError {
  override name = 'TimeoutError';

  /** @param flag the option that gives more time, e.g. `--start-timeout` */
  constructor(
    message: string,
    remedy: string,
    readonly flag: string,
  ) {
    super(message, remedy);
  }
}

/** A mistake on the command line, or in a file that is named there. */
export function usageError(message: string, remedy: string): UserError {
  return new UserError(message, remedy, ExitCode.usage);
}

/** Why nothing can be written to a path, by the error's code (errno(3)). */
const UNWRITABLE: Readonly<Record<string, (path: string) => string>> = {
  ENOSPC: (path) => `There is no space left on the disk of ${path}.`,
  EDQUOT: (path) => `The disk quota for ${path} is used up.`,
  EACCES: (path) => `${path} can't be written: permission denied.`,
  EROFS: (path) => `${path} can't be written: its file system is read-only.`,
  ENOTDIR: (path) => `${path} can't be written: a part of its path is not a folder.`,
};
const FULL = ['ENOSPC', 'EDQUOT'];

/** Where sessions and temporary files go. */
const ELSEWHERE = "choose another place: PYSHRINK_CACHE names the folder of pyshrink's cache, TMPDIR that of temporary files";

/**
 * Turns failures to write to a path into UserErrors: a full disk, a missing permission, a read-only file system.
 * @param path file or folder that was to be written
 * @param elsewhere what to do instead of making it writable
 * @returns any other error as it is
 */
export function explained(error: unknown, path: string, elsewhere = ELSEWHERE): unknown {
  const { code = '', path: source, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const failed = dest ?? source;
  const describe = Object.hasOwn(UNWRITABLE, code) ? UNWRITABLE[code] : undefined;
  // A file that was read meanwhile may be what failed.
  const [wanted, found] = [resolve(path), resolve(failed ?? path)];
  if (!describe || !(within(found, wanted) || within(wanted, found))) return error;
  return new UserError(describe(path), `${FULL.includes(code) ? 'Free some space' : 'Make it writable'}, or ${elsewhere}.`);
}
