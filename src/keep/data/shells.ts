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
 * Source: POSIX.1-2017, Shell and Utilities, 2.4 (reserved words).
 */
export const COMMAND_PREFIXES: ReadonlySet<string> = new Set('if then else elif do while until ! {'.split(' '));

/** How a program is given the command that it runs. */
interface Wrapper {
  /** Words before the command that are no options: the user of `gosu USER COMMAND`. */
  operands?: number;
  /** Options whose value is the next word. */
  values?: RegExp;
  /** Options after which the command comes; words before them are none. */
  after?: RegExp;
  /** Options whose value is a command line for a shell. */
  line?: RegExp;
}

/** Runners of a project's commands: `uv run COMMAND`. */
const RUN: Wrapper = { operands: 1, values: /^(-[nEpf]|--(name|prefix|with|extra|group|env-file|project|directory|file))$/ };

/**
 * Programs and builtins that run the command in their arguments, or that say whether it is there.
 * Sources: exec, command, time, env, xargs, nohup, nice, find (POSIX.1-2017); timeout(1), stdbuf(1), chroot(1) of coreutils; setsid(1),
 * flock(1), setpriv(1), runuser(1), su(1), ionice(1), chrt(1), taskset(1), script(1) of util-linux; sudo(8), watch(1), which(1), busybox(1),
 * strace(1), xvfb-run(1), chpst(8); the READMEs of gosu, su-exec, tini, dumb-init, catatonit, ddtrace, opentelemetry-instrumentation,
 * python-dotenv, uv, poetry, pipenv, pdm and conda.
 */
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ['exec', { values: /^-a$/ }],
  ...['command', 'builtin', 'nohup', 'setsid', 'which', 'type', 'hash', 'busybox', 'catatonit', 'ddtrace-run'].map(
    (name): [string, Wrapper] => [name, {}],
  ),
  ['time', { values: /^-[fo]$/ }],
  ['env', { values: /^-[uC]$/, line: /^-S$/ }],
  ['xargs', { values: /^-[adEILnPs]$/ }],
  ['nice', { values: /^(-n|--adjustment)$/ }],
  ['find', { after: /^-(exec|ok)(dir)?$/ }],
  ['timeout', { operands: 1, values: /^(-[ks]|--(kill-after|signal))$/ }],
  ['stdbuf', { values: /^-[ioe]$/ }],
  ['chroot', { operands: 1 }],
  ['flock', { operands: 1, values: /^-[wE]$/, line: /^(-c|--command)$/ }],
  ['setpriv', { values: /^--(reuid|regid|groups|bounding-set|inh-caps|ambient-caps|securebits|pdeathsig)$/ }],
  ['runuser', { values: /^-[ugGswl]$/, line: /^(-c|--command)$/ }],
  ['set', { after: /^--$/ }],
  ['su', { after: /^$/, line: /^(-c|--command)$/ }],
  ['script', { after: /^$/, line: /^(-c|--command)$/ }],
  ['ionice', { values: /^-[cn]$/ }],
  ['chrt', { operands: 1, values: /^-[TPD]$/ }],
  ['taskset', { operands: 1 }],
  ['sudo', { values: /^-[A-Za-z]*[CDghpRTUu]$/ }],
  ['watch', { values: /^-[nq]$/ }],
  ['strace', { values: /^-[aeEoOpPsSu]$/ }],
  ['xvfb-run', { values: /^-[efnpsw]$/ }],
  ['chpst', { values: /^-[uUbemndofpcrt/]$/ }],
  ['gosu', { operands: 1 }],
  ['su-exec', { operands: 1 }],
  ['tini', { values: /^-[pe]$/ }],
  ['dumb-init', { values: /^(-r|--rewrite)$/ }],
  ['opentelemetry-instrument', { values: /^--/ }],
  ...['uv', 'poetry', 'pipenv', 'pdm', 'conda', 'dotenv'].map((name): [string, Wrapper] => [name, RUN]),
]);
