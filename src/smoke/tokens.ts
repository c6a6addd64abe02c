import { type Time, timeAt } from './times.js';

/** Texts with more tokens are only compared token by token: what looks at all of them at once takes too long. */
export const MOST_TOKENS = 200_000;

/** What a part of a text is. `space` is white space, and `mark` is any other character between words. */
export type Kind = 'time' | 'quantity' | 'uuid' | 'address' | 'word' | 'space' | 'mark';

export interface Token {
  kind: Kind;
  text: string;
  /** Set for the kind `time`. */
  time?: Time;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/iy;
/** What `repr` of a Python object ends with, and pointers. */
const ADDRESS = /0x[0-9a-f]{6,16}(?!\w)/iy;
/** A number with a unit of time or of memory. */
const QUANTITY = /-?\d+(?:\.\d+)?(?:e[+-]\d+)? ?(?:ns|[µμu]s|ms|s|secs?|seconds?|[kKMGT]i?B|bytes|B)(?![\w-])/y;
/** Letters, digits, `-`, `_` and all characters beyond ASCII; dots and `+` inside; and the commas of a number. */
const WORD = /\d{1,3}(?:,\d{3})+(?![\w,])|(?:[\w-]|[\u0080-\uffff])+(?:[.+]+(?:[\w-]|[\u0080-\uffff])+)*/y;
const SPACE = /\s+/y;
/** A date inside a word, e.g. in the name of a file. */
const INNER_DATE = /(?<=[A-Za-z_-])\d{4}-\d\d-\d\d/;

/**
 * Reads the token at an index of a text. A time or an identifier is one token, so that it varies as a whole. The tokens of
 * a text, joined, are the text.
 */
export function tokenAt(text: string, index: number): Token {
  const code = text.charCodeAt(index);
  const digit = code >= 48 && code <= 57;
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  // Names of weekdays and months begin with a capital.
  if (digit || (code >= 65 && code <= 90)) {
    const found = timeAt(text, index);
    if (found) return { kind: 'time', text: text.slice(index, found.end), time: found.time };
  }
  if (digit || letter || code === 45) {
    const uuid = text[index + 8] === '-' ? matchAt(UUID, text, index) : undefined;
    if (uuid) return { kind: 'uuid', text: uuid };
    const address = code === 48 ? matchAt(ADDRESS, text, index) : undefined;
    if (address) return { kind: 'address', text: address };
    const quantity = letter ? undefined : matchAt(QUANTITY, text, index);
    if (quantity) return { kind: 'quantity', text: quantity };
  }
  const word = matchAt(WORD, text, index);
  if (word) {
    const date = word.length > 10 ? word.search(INNER_DATE) : -1;
    return { kind: 'word', text: date > 0 ? word.slice(0, date) : word };
  }
  const space = matchAt(SPACE, text, index);
  return space ? { kind: 'space', text: space } : { kind: 'mark', text: text[index] as string };
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** All tokens of a text, or undefined where there are more than `most`. */
export function tokensOf(text: string, most = Number.POSITIVE_INFINITY): Token[] | undefined {
  const tokens: Token[] = [];
  for (let index = 0; index < text.length; ) {
    if (tokens.length >= most) return undefined;
    const token = tokenAt(text, index);
    tokens.push(token);
    index += token.text.length;
  }
  return tokens;
}

/** Whether a token separates words. */
export function isSeparator({ kind }: Token): boolean {
  return kind === 'space' || kind === 'mark';
}

/** A line or an item without what is likely to vary, to recognize it in another order. */
export function withoutVarying(line: string): string {
  return (tokensOf(line) as Token[])
    .map(({ kind, text }) =>
      kind === 'word' ? (/\d/.test(text) ? '<number>' : text) : kind === 'mark' || kind === 'space' ? text : `<${kind}>`,
    )
    .join('');
}
