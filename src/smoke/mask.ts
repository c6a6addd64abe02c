import { diffArrays } from 'diff';

/** What is known to vary from one run to the next, and what it is replaced with. */
const VARYING: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d\d?[ -]\w{3}[ -]\d{4} \d\d:\d\d:\d\d( \w+)?/g, '<time>'],
  [/\b\d\d?\/\w{3}\/\d{4}[: ]\d\d:\d\d:\d\d( [+-]\d{4})?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d([.,]\d+)?\b/g, '<time>'],
  [/\b(\d+(\.\d+)? ?(ms|µs)|\d+\.\d+ ?(s|sec|seconds))\b/g, '<duration>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b0x[0-9a-f]{6,16}\b/gi, '<address>'],
];

/** Text without what is known to vary. */
export function maskKnown(text: string): string {
  return VARYING.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text);
}

/** Beyond this many differing words, two answers are taken to have nothing in common. */
const MOST_EDITS = 4000;

/**
 * Whether `shrunk` says what `first` says, apart from what differs between two answers of the original itself: what
 * these have in common must be there in the same order, and something else only where they differ.
 */
export function sameButForVariation(first: string, second: string, shrunk: string): boolean {
  const [a, b, c] = [wordsOf(first), wordsOf(second), wordsOf(shrunk)];
  // Word by word, where their number is the same: what varies in one place may by chance be the same in another.
  if (a.length === b.length && a.length === c.length && a.every((word, index) => word !== b[index] || word === c[index])) return true;
  const fixed = commonRuns(a, b);
  return fixed !== undefined && fits(fixed, c);
}

/** What varies does so as a whole: a token, a time, an identifier, whatever parts two of them happen to share. */
function wordsOf(text: string): string[] {
  return text.match(/[^\s<>"'{}()[\]=,;&?/]+|[\s\S]/g) ?? [];
}

/** Words that two texts share, in runs; between two runs they differ. The first and the last may be empty. */
interface Runs {
  runs: string[][];
  /** The most words that either text has between a run and the next. */
  gaps: number[];
}

function commonRuns(first: string[], second: string[]): Runs | undefined {
  const changes = diffArrays(first, second, { maxEditLength: MOST_EDITS });
  if (!changes) return undefined;
  const runs: string[][] = [[]];
  const gaps: number[] = [];
  let [removed, added] = [0, 0];
  const last = () => runs.at(-1) as string[];
  const close = () => {
    if (removed + added === 0) return;
    gaps.push(Math.max(removed, added));
    runs.push([]);
    [removed, added] = [0, 0];
  };
  for (const { value, added: isAdded, removed: isRemoved } of changes) {
    if (isRemoved) removed += value.length;
    else if (isAdded) added += value.length;
    else {
      close();
      last().push(...value);
    }
  }
  close();
  return { runs, gaps };
}

/** Whether a text is the runs with something between them, not much longer than what was there. */
function fits({ runs, gaps }: Runs, words: readonly string[]): boolean {
  const matches = (run: readonly string[], at: number) =>
    at + run.length <= words.length && run.every((word, index) => word === words[at + index]);
  const [first = [], ...rest] = runs;
  if (!matches(first, 0)) return false;
  if (rest.length === 0) return words.length === first.length;
  let at = first.length;
  for (const [index, run] of rest.entries()) {
    const most = (gaps[index] as number) * 2 + 8;
    if (index === rest.length - 1) {
      const end = words.length - run.length;
      return end >= at && end - at <= most && matches(run, end);
    }
    let next = at;
    while (next - at <= most && !matches(run, next)) next++;
    if (next - at > most) return false;
    at = next + run.length;
  }
  return true;
}
