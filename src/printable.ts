import { concealed, concealedIn } from './conceal.js';

/**
 * Characters that change what a terminal shows without being seen: control characters (C0, DEL, C1), those that change the
 * direction of text, line separators (Unicode 15.1, chapter 23), and halves of characters that stand alone.
 */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text of an image as one line that can be printed: what a terminal would obey is written as an escape. A byte that is not
 * UTF-8 (a surrogate escape, PEP 383) becomes `\xNN`. Secrets that are known to this process are concealed.
 */
export function printable(text: string): string {
  return visible(concealed(text));
}

/** As {@link printable}, with the secrets: for names in a file that a program reads. A name may have the same text as a password. */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/** The lines of a text, each as {@link printable} gives it. Those after the first one are marked, so that none looks like ours. */
export function printableLines(text: string): string {
  return concealed(text).split('\n').map(printable).join('\n  | ');
}

/** A document as JSON that can be printed. It has the same meaning as without the escapes. */
export function printableJson(document: unknown): string {
  return visibleJson(concealedIn(document));
}

/** As {@link printableJson}, with the secrets: see {@link visible}. */
export function visibleJson(document: unknown): string {
  // Line ends are those of the indentation, as JSON escapes all others.
  return JSON.stringify(document, null, 2).replace(HIDDEN, (found) => (found === '\n' ? found : unit(found)));
}

function escaped(found: string): string {
  const code = found.charCodeAt(0);
  if (code >= 0xdc80 && code <= 0xdcff) return hex(code & 0xff);
  return SHORT[found] ?? (code < 0x100 ? hex(code) : unit(found));
}

function hex(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}

function unit(found: string): string {
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
