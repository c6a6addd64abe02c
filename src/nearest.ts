/** A word is near another where at most this part of the longer one has to change. */
const NEAR = 1 / 3;

/**
 * The known word that a misspelt one most likely means, for messages such as "did you mean `http`?".
 * Case does not count. Of several words that are equally near, the first one is returned.
 * @returns undefined where none is near
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of known) {
    const most = Math.floor(Math.max(word.length, candidate.length) * NEAR);
    // Each difference of length is at least one change, so most words need no table.
    if (Math.abs(word.length - candidate.length) > most) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= most && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/**
 * How many characters have to be added, removed, replaced or swapped with their neighbour to get from one word to another.
 * It is the "optimal string alignment distance" (https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Infinity;
      row.push(Math.min(replaced, swapped, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [before, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] as number;
}
