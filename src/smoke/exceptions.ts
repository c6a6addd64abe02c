import { logProblems } from './logs.js';

/**
 * The exceptions in a log, each once, whatever varies in it: `KeyError: 'x'`. How often a server prints one depends on
 * timing: a worker may be killed before it prints anything.
 */
export function exceptionsIn(log: string): string[] {
  return logProblems(log).flatMap(({ what, text }) => (what === 'exception' ? [text] : []));
}
