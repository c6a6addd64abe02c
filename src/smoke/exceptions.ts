import { maskKnown } from './mask.js';

/** First line of a traceback: plain, indented by a log, or of an exception group (`  + Exception Group Traceback …`). */
const TRACEBACK = /^([ |+]*)(?:Exception Group )?Traceback \(most recent call last\):/;
/** Stands for the exception of a traceback without a last line. */
const CUT_OFF = 'a traceback without its exception';

/**
 * The exceptions in a log that have a traceback, each once and with varying parts masked: `KeyError: 'x'`. How often a
 * server prints one depends on timing: a worker may be killed before it prints anything.
 * Source of the format: Lib/traceback.py.
 */
export function exceptionsIn(log: string): string[] {
  const lines = log.split('\n');
  const exceptions = lines.flatMap((line, index) => {
    const margin = TRACEBACK.exec(line)?.[1]?.length;
    if (margin === undefined) return [];
    // The frames are indented, and the exception is not. The lines of two processes may alternate.
    const ends = lines.slice(index + 1).find((next) => /^[^\s]/.test(next.slice(margin)) && !TRACEBACK.test(next));
    return [maskKnown(ends?.slice(margin).trimEnd() ?? CUT_OFF)];
  });
  return [...new Set(exceptions)];
}
