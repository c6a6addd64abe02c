import { allEqual, DIFFERS, type Likeness, type Place, type Spans, type Unlike } from './likeness.js';
import { isSeparator, type Token, tokenAt } from './tokens.js';
import { maskFits, variationFits } from './words.js';

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
export function inStep(originals: readonly string[], shrunk: string, spans: Spans): Likeness | undefined {
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
    const start = (at.at(-1) as number) - other.text.length;
    if (!fits(tokens, other, { ...spans, name: nameBefore(spans, shrunk, start) })) {
      // The words may be in other places.
      unlike ??= DIFFERS;
      continue;
    }
    places.push({ place: '', originals: tokens.map(({ text }) => text), shrunk: other.text });
  }
  return unlike ?? places;
}

/** Characters before a value that may say what it is. */
const NAME = 64;

/** What a value is called: the name of the text, and the words before the value in its line. */
function nameBefore({ name = '' }: Spans, text: string, at: number): string {
  const before = text.slice(Math.max(0, at - NAME), at);
  return `${name} ${before.slice(before.lastIndexOf('\n') + 1)}`;
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
