import { diffArrays } from 'diff';
import { middlesOf, tokenFits } from './alphabets.js';
import { allEqual, inside, isAlike, joined, type Likeness, type Place, type Spans, type Unlike } from './likeness.js';
import { isSeparator, type Token, tokenAt, tokensOf } from './tokens.js';
import { isFailure, maskFits, variationFits } from './words.js';

/** Texts with more tokens are only compared token by token: aligning them takes too long. */
const MOST_TOKENS = 200_000;
/** Two texts with more differing tokens have nothing in common. */
const MOST_EDITS = 2000;
/** Aligning takes time in proportion to tokens times edits. */
const MOST_WORK = 50_000_000;
/** What an error page or a log has, and nothing else. Source: Lib/traceback.py, Werkzeug's and Django's debug pages. */
const TRACEBACK = /Traceback \(most recent call last\)|Werkzeug Debugger|<title>[^<]*(?:Internal Server Error|Server Error \(500\))/;

const TOO_LONG: Unlike = { reason: 'the text varies, and is too long to align its words' };
const DIFFERS: Unlike = {};

/**
 * Compares a text of the shrunk image with those of the original's runs. Where all originals are equal, it must be equal
 * too, but for the current time and the like. Where they differ, it must have a word of the same kind. Takes time in
 * proportion to the length, as aligning has limits.
 */
export function compareTexts(originals: readonly string[], shrunk: string, spans: Spans): Likeness {
  const [first] = originals as [string];
  const equal = allEqual(originals);
  if (equal && first === shrunk) return [];
  if (TRACEBACK.test(shrunk) && !TRACEBACK.test(first)) return DIFFERS;
  if (shrunk.trim() === '' && first.trim() !== '') return DIFFERS;
  // What another run of the original answered to the letter.
  if (!equal && originals.includes(shrunk) && !isFailure(shrunk)) return [{ place: '', originals: [...originals], shrunk }];
  if (equal) return inStep(originals, shrunk, spans) ?? DIFFERS;
  const lines = [...originals, shrunk].map((text) => text.split('\n'));
  if (first.includes('\n') && allEqual(lines.map(({ length }) => length))) return byLine(lines, spans);
  return compareLine(originals, shrunk, spans);
}

/** For texts with the same number of lines. Lines that come in another order in each run, as of sets and of workers, are sorted. */
function byLine(lines: readonly string[][], spans: Spans): Likeness {
  const [first = []] = lines;
  // First as they are: lines that differ only in a number, as of a pool of workers, must all be there.
  const sets = lines.map((one) => [...one].sort().join('\n'));
  if (allEqual(sets.slice(0, -1)) && !allEqual(lines.slice(0, -1).map((one) => one.join('\n'))))
    return allEqual(sets) ? [{ place: 'the order of the lines', originals: ['varies'], shrunk: 'varies' }] : DIFFERS;
  const differing = first.flatMap((line, index) => (lines.every((one) => one[index] === line) ? [] : [index]));
  const orders = lines.map((one) => differing.map((index) => keyOf(one[index] as string)));
  const sorted = orders.map((keys) => [...keys].sort().join('\n'));
  const before = orders.slice(0, -1).map((keys) => keys.join('\n'));
  if (!allEqual(before) && allEqual(sorted.slice(0, -1))) {
    if (!allEqual(sorted)) return DIFFERS;
    const arranged = lines.map((one, run) => {
      const keys = orders[run] as string[];
      const some = differing.map((at, index) => ({ line: one[at] as string, key: keys[index] as string }));
      return some.sort((a, b) => order(a.key, b.key) || order(a.line, b.line));
    });
    const likeness = joined(
      eachLine(
        arranged.map((one) => one.map(({ line }) => line)),
        spans,
      ),
    );
    return isAlike(likeness) ? [{ place: 'the order of the lines', originals: ['varies'], shrunk: 'varies' }, ...likeness] : likeness;
  }
  return joined(eachLine(lines, spans));
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A line without what is likely to vary, to recognize it in another order. */
function keyOf(line: string): string {
  return (tokensOf(line) as Token[])
    .map(({ kind, text }) =>
      kind === 'word' ? (/\d/.test(text) ? '<number>' : text) : kind === 'mark' || kind === 'space' ? text : `<${kind}>`,
    )
    .join('');
}

function* eachLine(lines: readonly string[][], spans: Spans): Generator<Likeness> {
  const shrunk = lines.at(-1) as string[];
  for (const [index, line] of shrunk.entries()) {
    const originals = lines.slice(0, -1).map((one) => one[index] as string);
    if (allEqual(originals) && originals[0] === line) continue;
    yield inside(`line ${index + 1}`, compareLine(originals, line, spans));
  }
}

/** For texts that may vary anywhere. */
function compareLine(originals: readonly string[], shrunk: string, spans: Spans): Likeness {
  if (!allEqual(originals)) {
    const shuffled = compareOrder(originals, shrunk);
    if (shuffled) return shuffled;
  }
  const likeness = inStep(originals, shrunk, spans);
  if (allEqual(originals)) return likeness ?? DIFFERS;
  return likeness && isAlike(likeness) ? likeness : aligned(originals, shrunk, spans);
}

/**
 * For texts of the same words in varying order, as of a printed set: the shrunk one must have just these words.
 * @returns undefined where the originals have not the same words
 */
function compareOrder(originals: readonly string[], shrunk: string): Likeness | undefined {
  if (!allEqual(originals.map(({ length }) => length)) || (originals[0] as string).length > MOST_TOKENS) return undefined;
  // A quick look, as this is done for each line.
  if (!allEqual(originals.map(sumOf))) return undefined;
  const words = [...originals, shrunk].map((text) =>
    (tokensOf(text) as Token[])
      .map((token) => token.text)
      .sort()
      .join('\n'),
  );
  if (!allEqual(words.slice(0, -1))) return undefined;
  return allEqual(words) ? [{ place: 'the order of the words', originals: [...originals], shrunk }] : DIFFERS;
}

/** A sum that does not depend on the order of the characters. */
function sumOf(text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum += text.charCodeAt(index) ** 2;
  return sum;
}

/** Characters that are passed at once where all texts have them, after how many tokens it is tried again (at first, and at most), and how far back a start of a token is looked for. */
const STRIDE = { characters: 4096, tokens: 16, pause: 1024, back: 256 };
/** Marks that are in no token. */
const ALONE = new Set([...'<>"\'{}()[];=&?|!#'].map((mark) => mark.charCodeAt(0)));

const SPACE = ' '.charCodeAt(0);
const isSmall = (code: number) => code >= 97 && code <= 122;

/** The length of what texts have in common at their own places, up to the start of a token; at most STRIDE.characters. */
function commonLength(texts: readonly string[], at: readonly number[]): number {
  const [first] = texts as [string];
  const [from] = at as [number];
  let to = Math.min(STRIDE.characters, ...texts.map((text, index) => text.length - (at[index] as number)));
  const chunk = first.slice(from, from + to);
  if (!texts.every((text, index) => text.startsWith(chunk, at[index]))) return 0;
  // A token does not start after any space: `12 ms` and `28 Nov 2026` are tokens.
  const least = Math.max(0, to - STRIDE.back);
  for (; to > least; to--) {
    const before = chunk.charCodeAt(to - 1);
    if (ALONE.has(before)) return to;
    if (before === SPACE && isSmall(chunk.charCodeAt(to - 2)) && isSmall(chunk.charCodeAt(to))) return to;
  }
  return 0;
}

/**
 * Compares texts that have words and separators in the same places, one token of each at a time.
 * @returns undefined where they have not
 */
function inStep(originals: readonly string[], shrunk: string, spans: Spans): Likeness | undefined {
  const texts = [...originals, shrunk];
  const at = texts.map(() => 0);
  const places: Place[] = [];
  let previous: Token[] = [];
  let unlike: Unlike | undefined;
  let [count, pause] = [0, 0];
  while (texts.some((text, index) => (at[index] as number) < text.length)) {
    if (!texts.every((text, index) => (at[index] as number) < text.length)) return undefined;
    if (count++ >= pause) {
      count = 0;
      const common = commonLength(texts, at);
      if (common > 0) {
        for (let index = 0; index < at.length; index++) at[index] = (at[index] as number) + common;
        previous = [];
        pause = 0;
        continue;
      }
      // Where nothing was found, it is tried less and less.
      pause = Math.min(pause * 2 + STRIDE.tokens, STRIDE.pause);
    }
    const tokens = texts.map((text, index) => tokenAt(text, at[index] as number));
    tokens.forEach(({ text }, index) => {
      at[index] = (at[index] as number) + text.length;
    });
    const before = previous;
    previous = tokens;
    const words = tokens.map(({ text }) => text);
    if (allEqual(words)) continue;
    if (tokens.some(isSeparator)) {
      if (tokens.every(({ kind, text }) => kind === 'space' && !text.includes('\n')) && isColumn(before, tokens, texts, at)) continue;
      return undefined;
    }
    const other = tokens.pop() as Token;
    if (!fits(tokens, other, spans)) {
      // The words may be in other places.
      unlike ??= DIFFERS;
      continue;
    }
    places.push({ place: '', originals: tokens.map(({ text }) => text), shrunk: other.text });
  }
  return unlike ?? places;
}

function fits(originals: readonly Token[], shrunk: Token, spans: Spans): boolean {
  const words = originals.map(({ text }) => text);
  if (allEqual(words)) return words[0] === shrunk.text || maskFits(originals, shrunk, spans);
  return variationFits(originals, shrunk, spans);
}

/** Whether spaces fill up a column: with the word before or after them they are equally wide. */
function isColumn(before: readonly Token[], spaces: readonly Token[], texts: readonly string[], at: readonly number[]): boolean {
  const widths = spaces.map(({ text }) => text.length);
  const after = texts.map((text, index) => ((at[index] as number) < text.length ? tokenAt(text, at[index] as number).text.length : 0));
  return (
    allEqual(widths.map((width, index) => width + (before[index]?.text.length ?? 0))) ||
    allEqual(widths.map((width, index) => width + (after[index] as number)))
  );
}

/** Tokens that all originals share, in runs. Between two runs the originals differ. The first and the last run may be empty. */
interface Shared {
  runs: string[][];
  /** For each gap between two runs: the tokens that each original has there. */
  gaps: Token[][][];
}

/** Compares texts in which words may be missing or added where the originals differ. */
function aligned(originals: readonly string[], shrunk: string, spans: Spans): Likeness {
  const tokens = [...originals, shrunk].map((text) => tokensOf(text, MOST_TOKENS));
  if (!tokens.every((one) => one !== undefined)) return TOO_LONG;
  const others = tokens.pop() as Token[];
  const shared = sharedRuns(tokens);
  if (!shared) return tokens[0] && tokens[0].length * MOST_EDITS > MOST_WORK ? TOO_LONG : DIFFERS;
  return throughRuns(shared, others, spans);
}

function sharedRuns(originals: readonly Token[][]): Shared | undefined {
  const [first, ...others] = originals as [Token[], ...Token[][]];
  const words = first.map(({ text }) => text);
  // For each other original: the index there of each token of the first, or -1.
  const maps: number[][] = [];
  for (const other of others) {
    const longest = Math.max(first.length, other.length, 1);
    const edits = Math.min(MOST_EDITS, Math.floor(MOST_WORK / longest));
    const changes = diffArrays(
      words,
      other.map(({ text }) => text),
      { maxEditLength: edits },
    );
    if (!changes) return undefined;
    const map: number[] = [];
    let index = 0;
    for (const { value, added, removed } of changes) {
      for (const _ of value) {
        if (removed) map.push(-1);
        else if (added) index++;
        else map.push(index++);
      }
    }
    maps.push(map);
  }
  // Cuts where a token is not in all, or where another original has tokens between.
  const runs: string[][] = [[]];
  const starts: number[][] = [originals.map(() => 0)];
  const ends: number[][] = [];
  let last = originals.map(() => 0);
  first.forEach(({ text }, index) => {
    const places = [index, ...maps.map((map) => map[index] as number)];
    if (places.includes(-1)) return;
    if (places.some((place, run) => place !== last[run])) {
      ends.push(last);
      starts.push(places);
      runs.push([]);
    }
    (runs.at(-1) as string[]).push(text);
    last = places.map((place) => place + 1);
  });
  const lengths = originals.map(({ length }) => length);
  if (lengths.some((length, run) => length !== last[run])) {
    ends.push(last);
    starts.push(lengths);
    runs.push([]);
  }
  const gaps = ends.map((end, gap) => originals.map((tokens, run) => tokens.slice(end[run], (starts[gap + 1] as number[])[run])));
  return withoutLooseRuns({ runs, gaps }, originals.length);
}

/** Runs of nothing but separators between two gaps are shared by chance: they become a part of one larger gap. */
function withoutLooseRuns({ runs, gaps }: Shared, count: number): Shared {
  const kept: Shared = { runs: [runs[0] as string[]], gaps: [] };
  let open: Token[][] | undefined;
  gaps.forEach((gap, index) => {
    const merged = gap.map((tokens, run) => [...(open?.[run] ?? []), ...tokens]);
    const run = runs[index + 1] as string[];
    const loose = index + 1 < runs.length - 1 && run.length < 4 && run.every((word) => !/\w/.test(word));
    if (loose) {
      open = Array.from({ length: count }, (_, original) => [
        ...(merged[original] as Token[]),
        ...run.map((text): Token => ({ kind: /^\s/.test(text) ? 'space' : 'mark', text })),
      ]);
      return;
    }
    open = undefined;
    kept.gaps.push(merged);
    kept.runs.push(run);
  });
  return kept;
}

/** Ways to align that are followed at once. */
const MOST_WAYS = 16;

interface Way {
  at: number;
  places: Place[];
}

/** Finds the shared runs in the shrunk image's tokens, in their order, with fitting words in the gaps. */
function throughRuns({ runs, gaps }: Shared, words: readonly Token[], spans: Spans): Likeness {
  const matches = (run: readonly string[], at: number) =>
    at + run.length <= words.length && run.every((word, index) => word === words[at + index]?.text);
  const [first = []] = runs;
  if (!matches(first, 0)) return DIFFERS;
  let ways: Way[] = [{ at: first.length, places: [] }];
  for (const [index, gap] of gaps.entries()) {
    const run = runs[index + 1] as string[];
    const last = index === gaps.length - 1;
    const most = Math.max(...gap.map(({ length }) => length)) * 2 + 8;
    const next = new Map<number, Way>();
    for (const { at, places } of ways) {
      const from = last ? Math.max(at, words.length - run.length) : at;
      for (let to = from; to - at <= most && to <= words.length && next.size < MOST_WAYS; to++) {
        if (next.has(to + run.length) || !matches(run, to) || (last && to + run.length !== words.length)) continue;
        const found = words.slice(at, to);
        if (!gapFits(gap, found, spans)) continue;
        next.set(to + run.length, {
          at: to + run.length,
          places: [...places, { place: '', originals: gap.map(textOf), shrunk: textOf(found) }],
        });
      }
    }
    ways = [...next.values()];
    if (ways.length === 0) return DIFFERS;
  }
  return ways.find(({ at }) => at === words.length)?.places ?? DIFFERS;
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join('');
}

/** Whether words fit a gap: the place of a varying word, of a token with separators inside, or of a list of varying length. */
function gapFits(gap: readonly Token[][], found: readonly Token[], spans: Spans): boolean {
  const texts = gap.map(textOf);
  const text = textOf(found);
  if (texts[0] === text) return true;
  if (isFailure(text)) return texts.includes(text) && text.trim() === '' && texts.some((one) => one.trim() === '');
  const likeness = [...gap, found].every((tokens) => tokens.length > 0) ? inStep(texts, text, spans) : undefined;
  if (likeness && isAlike(likeness)) return true;
  // base64 has separators inside.
  const token = texts.every((one) => !/\s/.test(one) && one.length >= 4) && !/\s/.test(text);
  if (token) {
    const middles = middlesOf(texts, text);
    return [...gap, found].some((tokens) => tokens.length > 1) && middles !== undefined && tokenFits(middles.originals, middles.shrunk);
  }
  const originals = gap.flat();
  const known = new Set(originals.map((token) => token.text));
  const lists = gap.some((tokens) => tokens.length > 1) && !allEqual(gap.map(({ length }) => length));
  return lists && found.every((token) => known.has(token.text) || (!isSeparator(token) && oneOf(originals, token, spans)));
}

/** Whether a token is of the same kind as one of the originals' in a list. */
function oneOf(originals: readonly Token[], token: Token, spans: Spans): boolean {
  if (isFailure(token.text)) return false;
  const run = spans.originals[0] as Spans['shrunk'];
  return originals.some(
    (one) => one.kind === token.kind && !isSeparator(one) && variationFits([one], token, { originals: [run], shrunk: spans.shrunk }),
  );
}
