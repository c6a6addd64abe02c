import { logProblems } from './logs.js';
import { maskKnown } from './mask.js';

/**
 * The exceptions in a log, each once and with varying parts masked: `KeyError: 'x'`. How often a server prints one depends
 * on timing: a worker may be killed before it prints anything.
 */
export function exceptionsIn(log: string): string[] {
  const exceptions = logProblems(log).flatMap(({ what, text }) => (what === 'exception' ? [maskKnown(text)] : []));
  return [...new Set(exceptions)];
}
