/** What is known to vary between runs, and its replacement. */
const VARYING: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d\d?[ -]\w{3}[ -]\d{4} \d\d:\d\d:\d\d( \w+)?/g, '<time>'],
  [/\b\d\d?\/\w{3}\/\d{4}[: ]\d\d:\d\d:\d\d( [+-]\d{4})?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d([.,]\d+)?\b/g, '<time>'],
  [/\b(\d+(\.\d+)? ?(ms|µs)|\d+\.\d+ ?(s|sec|seconds))\b/g, '<duration>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b0x[0-9a-f]{6,16}\b/gi, '<address>'],
];

/** A line of a log in which everything that is known to vary is replaced, so that the same event gives the same line. */
export function maskKnown(text: string): string {
  return VARYING.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text);
}
