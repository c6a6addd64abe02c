import createDebug from 'debug';

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
  createDebug.enable('pyshrink:*');
}
