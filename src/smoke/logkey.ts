/** Characters of a line that are compared. Longer lines are cut, so that no line costs more than this. */
const COMPARED = 4000;

/** What varies between two runs of one app in the lines of its log. Each becomes the same sign: a token may by chance be a number. */
const VARYING: readonly RegExp[] = [
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?/g,
  // The first folder or file in a directory for temporary files.
  /(?<=\/(?:tmp|var\/tmp|dev\/shm)\/)[^\s/'":,;)\]}>]+/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b0x[0-9a-f]+\b/gi,
  // Hexadecimal tokens: container names, hashes, identifiers of traces.
  /\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b/gi,
  // Base64 and similar tokens: capital and small letters, and two digits at least.
  /\b(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d[^\d\s]*\d)[\w-]{20,}={0,2}/g,
  /\b\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b/g,
  /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/g,
  // Numbers, with times, ports, addresses and versions. Not digits at the end of a name: `utf8`.
  /(?<![A-Za-z\d])\d+(?:[.:]\d+)*(?:e[+-]?\d+)?/g,
];

/** The time that a line begins with. rich leaves it out where the line before has the same. */
const LEADING_TIME = /^[[\]#\s/:,.+|-]+/;

/** A line of a log without what varies between two runs. Lines with the same key are the same message. */
export function keyOf(line: string): string {
  const masked = VARYING.reduce((text, pattern) => text.replace(pattern, '#'), line.slice(0, COMPARED));
  return masked.replace(LEADING_TIME, '').trimEnd();
}
