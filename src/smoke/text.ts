import { aligned } from './align.js';
import { inStep } from './instep.js';
import { allEqual, DIFFERS, inside, isAlike, joined, type Likeness, type Spans } from './likeness.js';
import { MOST_TOKENS, type Token, tokensOf } from './tokens.js';
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

/** For `sort`. */
export const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A line or an item without what is likely to vary, to recognize it in another order. */
export function keyOf(line: string): string {
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
