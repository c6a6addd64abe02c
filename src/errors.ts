/** Exit codes of every command. */
export const ExitCode = { done: 0, failed: 1, usage: 2, differs: 3, interrupted: 130 } as const;

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

/** A mistake on the command line, or in a file that is named there. */
export function usageError(message: string, remedy: string): UserError {
  return new UserError(message, remedy, ExitCode.usage);
}

/** @returns an error that names what can be done about a full disk */
export function explained(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new UserError(
    `There is no space left on the disk of ${folder}.`,
    'Free some, or set PYSHRINK_CACHE to a folder on a larger disk.',
  );
}
