import { diffArrays } from 'diff';

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

/** Text in which everything that is known to vary is replaced. */
export function maskKnown(text: string): string {
  return VARYING.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text);
}

/** Two answers with more differing words have nothing in common. */
const MOST_EDITS = 4000;

/**
 * Whether `shrunk` is the same as `first` but for what varies: what two answers of the original have in common must be in
 * `shrunk` in the same order, with other text only where those two differ.
 */
export function sameButForVariation(first: string, second: string, shrunk: string): boolean {
  const [a, b, c] = [wordsOf(first), wordsOf(second), wordsOf(shrunk)];
  // With the same number of words, compare word by word: a varying word may by chance be the same as a word elsewhere.
  if (a.length === b.length && a.length === c.length && a.every((word, index) => word !== b[index] || word === c[index])) return true;
  const fixed = commonRuns(a, b);
  return fixed !== undefined && fits(fixed, c);
}

/** Splits a text into words. A token, a time or an identifier is one word, so that it varies as a whole. */
function wordsOf(text: string): string[] {
  return text.match(/[^\s<>"'{}()[\]=,;&?/]+|[\s\S]/g) ?? [];
}

/** Runs of words that two texts share. Between two runs the texts differ. The first and the last run may be empty. */
interface Runs {
  runs: string[][];
  /** The number of words between a run and the next, in the text that has more of them. */
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

/** Whether a text consists of the runs, with gaps that are not much longer than the known ones. */
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
