import { aligned } from './align.js';
import { inStep } from './instep.js';
import { allEqual, DIFFERS, inside, isAlike, joined, type Likeness, type Place, type Spans } from './likeness.js';
import { MOST_TOKENS, type Token, tokensOf, withoutVarying } from './tokens.js';
import { isFailure } from './words.js';

/** What an error page or a log has, and nothing else. Source: Lib/traceback.py, Werkzeug's and Django's debug pages. */
const TRACEBACK = /Traceback \(most recent call last\)|Werkzeug Debugger|<title>[^<]*(?:Internal Server Error|Server Error \(500\))/;

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

/** A line, and its index in its text. */
interface Line {
  at: number;
  line: string;
}

const SHUFFLED: Place = { place: 'the order of the lines', originals: ['varies'], shrunk: 'varies' };

/**
 * For texts with the same number of lines. Lines may come in another order in each run, as of sets and of workers: then those
 * that are alike but for what varies are compared with each other.
 */
function byLine(lines: readonly string[][], spans: Spans): Likeness {
  const [first = []] = lines;
  const differing = first.flatMap((line, index) => (lines.every((one) => one[index] === line) ? [] : [index]));
  const keys = lines.map((one) => differing.map((at) => withoutVarying(one[at] as string)));
  const sorted = keys.map((one) => [...one].sort().join('\n'));
  const inPlace = () =>
    joined(
      eachLine(
        lines.map((one) => one.map((line, at) => ({ line, at }))),
        spans,
      ),
    );
  if (!allEqual(sorted.slice(0, -1))) return inPlace();
  const inOrder = allEqual(keys.slice(0, -1).map((one) => one.join('\n')));
  if (!allEqual(sorted)) return inOrder ? inPlace() : DIFFERS;
  const parts: Likeness[] = inOrder ? [] : [[SHUFFLED]];
  for (const key of new Set(keys[0])) {
    const alike = lines.map((one, run) =>
      differing.flatMap((at, index): Line[] => (keys[run]?.[index] === key ? [{ at, line: one[at] as string }] : [])),
    );
    parts.push(alikeLines(alike, inOrder, spans));
  }
  return joined(parts);
}

/** Compares lines that are alike but for what varies. @param inOrder whether lines of other kinds around them are in one order */
function alikeLines(runs: readonly Line[][], inOrder: boolean, spans: Spans): Likeness {
  const texts = runs.map((some) => some.map(({ line }) => line));
  const sets = texts.map((some) => [...some].sort().join('\n'));
  // Lines that differ only in a number, as of a pool of workers, must all be there.
  if (allEqual(sets.slice(0, -1)) && !allEqual(texts.slice(0, -1).map((some) => some.join('\n'))))
    return allEqual(sets) ? [SHUFFLED] : DIFFERS;
  return joined(eachLine(inOrder ? runs : runs.map((some) => [...some].sort((a, b) => order(a.line, b.line))), spans));
}

/** For `sort`. */
export const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function* eachLine(runs: readonly Line[][], spans: Spans): Generator<Likeness> {
  for (const [index, { line, at }] of (runs.at(-1) as Line[]).entries()) {
    const originals = runs.slice(0, -1).map((one) => (one[index] as Line).line);
    if (allEqual(originals) && originals[0] === line) continue;
    yield inside(`line ${at + 1}`, compareLine(originals, line, spans));
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
