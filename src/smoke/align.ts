import { diffArrays } from 'diff';
import { middlesOf, tokenFits } from './alphabets.js';
import { inStep } from './instep.js';
import { allEqual, DIFFERS, isAlike, type Likeness, type Place, type Spans, type Unlike } from './likeness.js';
import { isSeparator, MOST_TOKENS, type Token, tokensOf } from './tokens.js';
import { isFailure, variationFits } from './words.js';

/** Two texts with more differing tokens have nothing in common. */
const MOST_EDITS = 2000;
/** Aligning takes time in proportion to tokens times edits. */
const MOST_WORK = 50_000_000;
const TOO_LONG: Unlike = { reason: 'the text varies, and is too long to align its words' };

/** Tokens that all originals share, in runs. Between two runs the originals differ. The first and the last run may be empty. */
interface Shared {
  runs: string[][];
  /** For each gap between two runs: the tokens that each original has there. */
  gaps: Token[][][];
}

/** Compares texts in which words may be missing or added where the originals differ. */
export function aligned(originals: readonly string[], shrunk: string, spans: Spans): Likeness {
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
