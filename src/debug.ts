import { inspect } from 'node:util';
import createDebug from 'debug';
import { printable } from './printable.js';

// Much of what is printed comes from images.
createDebug.formatters.s = (value: unknown) => printable(String(value));
createDebug.formatters.o = (value: unknown) => printable(inspect(value, { breakLength: Number.POSITIVE_INFINITY }));

/** What `--debug` prints, by part of pyshrink. Each is a namespace of the debug package, e.g. `DEBUG=pyshrink:engine`. */
export const debug = {
  engine: createDebug('pyshrink:engine'),
  watch: createDebug('pyshrink:watch'),
  keep: createDebug('pyshrink:keep'),
  assemble: createDebug('pyshrink:assemble'),
  smoke: createDebug('pyshrink:smoke'),
} as const;

/** Turns all of them on, as `--debug` does. They print to stderr. */
export function enableDebug(): void {
  const before = process.env.DEBUG;
  createDebug.enable('pyshrink:*');
  // The debug package writes to this variable, and the app may get it with `-e DEBUG`.
  if (before === undefined) delete process.env.DEBUG;
  else process.env.DEBUG = before;
}

/** Does some work, and prints how many seconds it took. */
export async function timed<T>(part: keyof typeof debug, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    debug[part]('%s: %s s', what, ((performance.now() - start) / 1000).toFixed(2));
  }
}
