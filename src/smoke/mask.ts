/** What is known to vary from one run to the next, and what it is replaced with. */
const VARYING: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d\d?[ -]\w{3}[ -]\d{4} \d\d:\d\d:\d\d( \w+)?/g, '<time>'],
  [/\b\d\d?\/\w{3}\/\d{4}[: ]\d\d:\d\d:\d\d( [+-]\d{4})?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b0x[0-9a-f]{6,16}\b/gi, '<address>'],
];

/** Text without what is known to vary. */
export function maskKnown(text: string): string {
  return VARYING.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text);
}

/**
 * Whether `shrunk` says what `first` says, apart from what differs between two answers of the original itself.
 * Texts are compared word by word; where the originals differ in their number of words, line by line.
 */
export function sameButForVariation(first: string, second: string, shrunk: string): boolean {
  for (const pattern of [/(\w+|\W)/g, /[^\n]*\n?/g]) {
    const words = (text: string): readonly string[] => text.match(pattern) ?? [];
    const [a, b, c] = [words(first), words(second), words(shrunk)];
    if (a.length === b.length && a.length === c.length) return a.every((word, index) => word !== b[index] || word === c[index]);
  }
  return false;
}
