/** What a search finds in. */
export interface SearchIndex {
  /** The paths in lower case, each after a NUL, which no path has. */
  readonly hay: string;
  /** Where each path begins in `hay`. */
  readonly starts: Int32Array;
}

/** A found path: the better, the lower the rank. */
interface Hit {
  index: number;
  rank: number;
}

export interface Found {
  /** Indexes of the best paths, the best first. */
  best: readonly number[];
  /** How many paths match. */
  count: number;
}

/** Prepares a search over paths. */
export function searchIndex(paths: readonly string[]): SearchIndex {
  const lower = paths.map((path) => path.toLowerCase());
  const starts = new Int32Array(lower.length);
  let at = 1;
  lower.forEach((path, index) => {
    starts[index] = at;
    at += path.length + 1;
  });
  return { hay: `\0${lower.join('\0')}\0`, starts };
}

/**
 * The paths that have all words of the query, in any case. A dotted name finds the module, too: `google.protobuf` finds
 * `google/protobuf`. First come those whose last part is or begins with the word, of these what is kept; of equally good ones the
 * largest.
 */
export function search(
  { hay, starts }: SearchIndex,
  query: string,
  shown: number,
  size: readonly number[],
  isKept: (index: number) => boolean,
): Found {
  const words = query.toLowerCase().replaceAll('\0', '').split(/\s+/).filter(Boolean);
  const longest = [...words].sort((a, b) => b.length - a.length)[0];
  if (longest === undefined) return { best: [], count: 0 };
  const others = words.filter((word) => word !== longest).map(spellings);
  const seen = new Set<number>();
  const best: Hit[] = [];
  let count = 0;
  const isBetter = (a: Hit, b: Hit) => (a.rank - b.rank || (size[b.index] ?? 0) - (size[a.index] ?? 0) || a.index - b.index) < 0;
  /** Keeps the best hits, sorted: sorting all of them takes longer than the search. */
  const add = (hit: Hit) => {
    count++;
    const last = best[best.length - 1];
    if (best.length >= shown && !(last && isBetter(hit, last))) return;
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBetter(hit, best[middle] as Hit)) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, hit);
    if (best.length > shown) best.pop();
  };
  const several = spellings(longest).length > 1;
  for (const needle of spellings(longest)) {
    for (let at = hay.indexOf(needle); at >= 0; ) {
      const index = before(starts, at);
      const start = starts[index] ?? 0;
      const end = (starts[index + 1] ?? hay.length) - 1;
      at = hay.indexOf(needle, end);
      if (several && seen.has(index)) continue;
      if (others.length > 0 || several) {
        const path = hay.slice(start, end);
        if (!others.every((word) => word.some((spelling) => path.includes(spelling)))) continue;
        seen.add(index);
      }
      add({ index, rank: rankOf(hay, start, end, needle, isKept(index)) });
    }
  }
  return { best: best.map(({ index }) => index), count };
}

/** A word as it may stand in a path. */
function spellings(word: string): string[] {
  return /^\w+(\.\w+)+$/.test(word) ? [word, word.replaceAll('.', '/')] : [word];
}

/** How well a path fits. What is kept comes first, also where the name of what is left out fits better: libssl.so.3 before libssl.a. */
function rankOf(hay: string, start: number, end: number, needle: string, kept: boolean): number {
  const name = hay.lastIndexOf('/', end - 1) + 1;
  const last = Math.max(name, start);
  const at = hay.indexOf(needle, last);
  if (at < 0 || at >= end) return kept ? 6 : 7;
  if (at > last) return kept ? 4 : 5;
  const after = hay[at + needle.length];
  return (kept ? 0 : 2) + (after === '\0' || after === '.' || after === undefined ? 0 : 1);
}

/** The index of the last start that is not after a place. */
function before(starts: Int32Array, place: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
