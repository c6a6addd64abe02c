/** Shells whose scripts have the syntax of POSIX sh. Source: sh(1posix), dash(1), bash(1), busybox(1), ksh(1), zsh(1). */
export const SHELLS = /^(ba|da|a|k|z)?sh$/;

/**
 * What a shell does itself: builtins and reserved words that do not stand before a command.
 * Source: POSIX.1-2017, Shell and Utilities, 2.4 (reserved words), 2.14 (special built-ins) and 1.6 (regular built-ins); dash(1).
 */
export const SHELL_WORDS: ReadonlySet<string> = new Set(
  (
    '. : [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs kill printf pwd read ' +
    'readonly return set shift test times trap true type ulimit umask unalias unset wait case esac fi done for'
  ).split(' '),
);

/**
 * Words that stand before a command's name.
 * Source: POSIX.1-2017, Shell and Utilities, 2.4 (reserved words), exec, command, time, env, xargs, nohup; sudo(8).
 */
export const COMMAND_PREFIXES: ReadonlySet<string> = new Set(
  'if then else elif do while until ! { exec command time sudo env xargs nohup'.split(' '),
);
