/** What `sh` runs of {@link shellFor}. The command's own programs don't get the variable. */
const EVAL = 'eval "unset PYSHRINK_COMMAND; $PYSHRINK_COMMAND"';

/**
 * How to run a command of the user in this computer's shell: arguments of `sh`, and variables beside those of this process. All users of a
 * computer can read command lines, and a command may hold a password; they can't read the environments of others (proc(5)).
 */
export function shellFor(command: string): { args: string[]; env: Record<string, string> } {
  return { args: ['-c', EVAL], env: { PYSHRINK_COMMAND: command } };
}
