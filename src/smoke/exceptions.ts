import { maskKnown } from './mask.js';

/** Of a plain traceback, one that a log indents, or one of an exception group (`  + Exception Group Traceback …`). */
const TRACEBACK = /^([ |+]*)(?:Exception Group )?Traceback \(most recent call last\):/;
/** What is told of a traceback whose last line never came. */
const CUT_OFF = 'a traceback without its exception';

/**
 * The exceptions that a log has tracebacks of, each once: `KeyError: 'x'`, without what is known to vary. How often one
 * is printed is a matter of time in a server: workers that are told to stop twice are gone before they complain.
 * Source of the format: Lib/traceback.py.
 */
export function exceptionsIn(log: string): string[] {
  const lines = log.split('\n');
  const exceptions = lines.flatMap((line, index) => {
    const margin = TRACEBACK.exec(line)?.[1]?.length;
    if (margin === undefined) return [];
    // The frames are indented; of two processes that print at once, the lines alternate.
    const ends = lines.slice(index + 1).find((next) => /^[^\s]/.test(next.slice(margin)) && !TRACEBACK.test(next));
    return [maskKnown(ends?.slice(margin).trimEnd() ?? CUT_OFF)];
  });
  return [...new Set(exceptions)];
}
