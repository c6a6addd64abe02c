import { boundOf } from '../bounds.js';
import { Allowance } from './archives.js';
import { compareBinaries } from './binary.js';
import { compareJson, parseJson } from './json.js';
import { allEqual, type Likeness, type Spans } from './likeness.js';
import { compareTexts } from './text.js';

/** Control characters that texts have: tab, line feed, form feed, carriage return, and escape for colors. */
const CONTROLS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

/** Bytes as text: UTF-8, or Latin-1 where they are no UTF-8. @returns undefined for bytes with control characters that no text has */
export function asText(bytes: Buffer): string | undefined {
  for (const byte of bytes) if (byte < 0x20 && !CONTROLS.has(byte)) return undefined;
  return decoded(bytes);
}

function decoded(bytes: Buffer): string {
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\ufffd') && !Buffer.from(utf8).equals(bytes) ? bytes.toString('latin1') : utf8;
}

/** Bytes as a text to show. Different bytes never give the same text. */
export function shownText(bytes: Buffer): string {
  return decoded(bytes);
}

/** Compares bytes by what they are: JSON, another text, or a binary format. @param allowance for the archives in them */
export function compareContents(
  originals: readonly Buffer[],
  shrunk: Buffer,
  spans: Spans,
  allowance = new Allowance(boundOf('answer')),
): Likeness {
  const [first] = originals as [Buffer];
  const equal = originals.every((one) => one.equals(first));
  if (equal && first.equals(shrunk)) return [];
  const texts = originals.map(asText);
  const text = asText(shrunk);
  if (!texts.every((one) => one !== undefined)) return compareBinaries(originals, shrunk, spans, compareContents, allowance);
  if (text === undefined) return {};
  if (equal || allEqual(texts)) return compareTexts(texts, text, spans);
  const values = texts.map(parseJson);
  if (values.every((value) => value !== undefined)) {
    const value = parseJson(text);
    return value ? compareJson(values, value, spans) : {};
  }
  return compareTexts(texts, text, spans);
}
