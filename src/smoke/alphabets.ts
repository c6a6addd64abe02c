import { allEqual } from './likeness.js';

/** Alphabets of random tokens, small ones first. Each is a set of characters. */
const ALPHABETS: readonly [name: string, size: number, pattern: RegExp][] = [
  ['digits', 10, /^\d*$/],
  ['hexadecimal', 16, /^[0-9a-f]*$/],
  ['capital hexadecimal', 16, /^[0-9A-F]*$/],
  ['letters', 26, /^[a-z]*$/],
  ['capitals', 26, /^[A-Z]*$/],
  ['base32', 32, /^[A-Z2-7=]*$/],
  // Python's tempfile.
  ['letters and digits', 37, /^[a-z0-9_]*$/],
  ['capitals and digits', 36, /^[A-Z0-9]*$/],
  ['mixed letters', 52, /^[A-Za-z]*$/],
  ['alphanumeric', 62, /^[A-Za-z0-9]*$/],
  // RFC 4648, and the separators of signed tokens (JWT, itsdangerous).
  ['base64url', 64, /^[\w=-]*$/],
  ['base64', 65, /^[A-Za-z0-9+/=]*$/],
  ['signed token', 68, /^[\w=.:~-]*$/],
  ['URL-encoded', 72, /^[\w=.:~%+/!*-]*$/],
  ['printable', 94, /^[!-~]*$/],
];

/** A larger alphabet is ruled out where its tokens look like the smaller one's with a smaller probability. */
const LEAST_CHANCE = 1e-4;

/** Alphabets that tokens may be written in. Short tokens may miss characters of their alphabet by chance, so there may be several. */
function alphabetsOf(tokens: readonly string[]): RegExp[] {
  const fitting = ALPHABETS.filter(([, , pattern]) => tokens.every((token) => pattern.test(token)));
  const smallest = fitting[0]?.[1] ?? 0;
  const length = tokens.reduce((sum, token) => sum + token.length, 0);
  return fitting.filter(([, size]) => (smallest / size) ** length >= LEAST_CHANCE).map(([, , pattern]) => pattern);
}

/** A token may be longer or shorter by this factor: two or three of equal length do not show that the length is fixed. */
const LENGTHS = 1.5;
/** Characters that short tokens may differ by: padding, for instance. */
const PADDING = 2;
/** Random tokens share so many first or last characters with a probability below one to a million. */
const SHARED = 5;
/** The same for characters that end with a separator, as in `id-17`. */
const SHARED_TO_SEPARATOR = 3;

/** The number of first characters that texts have in common, if it is no coincidence; else 0. */
function commonStart(texts: readonly string[]): number {
  const shared = sharedStart(texts);
  // What follows the last separator is a token of its own, as in `header.payload.signature`.
  const separated = (texts[0] as string).slice(0, shared).search(/[^A-Za-z0-9][A-Za-z0-9]*$/) + 1;
  if (shared - separated >= SHARED) return shared;
  return separated >= SHARED_TO_SEPARATOR ? separated : 0;
}

/** The number of characters that all texts begin with. */
function sharedStart(texts: readonly string[]): number {
  const [first = '', ...others] = texts;
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length])) length++;
  return length;
}

/**
 * Splits tokens that vary from what they begin and end with alike, if it is longer than chance explains.
 * @returns the middles of the originals and of the shrunk token, or undefined where the shrunk one begins or ends otherwise
 */
export function middlesOf(originals: readonly string[], shrunk: string): { originals: readonly string[]; shrunk: string } | undefined {
  const reversed = (text: string) => [...text].reverse().join('');
  const start = commonStart(originals);
  const rests = originals.map((text) => text.slice(start));
  const end = commonStart(rests.map(reversed));
  const [first] = originals as [string];
  if (shrunk.length < start + end || !shrunk.startsWith(first.slice(0, start)) || !shrunk.endsWith(first.slice(first.length - end)))
    return undefined;
  return { originals: rests.map((text) => text.slice(0, text.length - end)), shrunk: shrunk.slice(start, shrunk.length - end) };
}

/** Words such as `fast`, `Pending` and `DONE`: names and states, and seldom random tokens. */
const PLAIN = /^(?=.*[aeiouyAEIOUY])(?:[A-Z]?[a-z]{1,11}|[A-Z]{2,12})$/;
/** Runs that show a form of random tokens that look like words. */
const ENOUGH = 3;

/** Whether tokens are words or states, of which the shrunk image must have one. Random letters are all different and of one length. */
function areWords(tokens: readonly string[]): boolean {
  if (!tokens.every((one) => PLAIN.test(one))) return false;
  return tokens.length < ENOUGH || new Set(tokens).size < tokens.length || !allEqual(tokens.map(({ length }) => length));
}

/** Whether a token is of the same alphabet as tokens that vary, and about as long. */
export function tokenFits(originals: readonly string[], shrunk: string): boolean {
  const lengths = originals.map(({ length }) => length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const { length } = shrunk;
  if (length < Math.min(least / LENGTHS, least - PADDING) || length > Math.max(most * LENGTHS, most + PADDING)) return false;
  if (shrunk === '' && least > 0) return false;
  if (originals.includes(shrunk)) return true;
  if (areWords(originals)) return false;
  // Three words of one length are random letters, which have a fixed length.
  if (originals.every((one) => PLAIN.test(one))) return length === least && alphabetFits(originals, shrunk);
  return alphabetFits(originals, shrunk);
}

function alphabetFits(originals: readonly string[], shrunk: string): boolean {
  // Each character beyond ASCII is a letter here: texts of other scripts have no alphabet in the table.
  const plain = (text: string) => text.replace(/[\u0080-\uffff]/g, 'x');
  const alphabets = alphabetsOf(originals.map(plain));
  return alphabets.some((pattern) => pattern.test(plain(shrunk)));
}
