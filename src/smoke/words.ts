import { middlesOf, tokenFits } from './alphabets.js';
import { areDurations, equalByChance, longestRun } from './durations.js';
import { allEqual, type Spans } from './likeness.js';
import { type NumberKind, numberFits, type Quantity, quantityOf } from './numbers.js';
import { areNow, epochTime, type Time, timeFits } from './times.js';
import type { Token } from './tokens.js';

/** Words that stand for a missing value or a failure. They only match where the original has them too. */
const FAILURES = new Set(
  `null none undefined nan nil n/a na inf infinity error errors err failed failure fail fatal critical exception traceback unavailable
  missing denied forbidden unauthorized invalid unknown timeout aborted killed refused notfound importerror modulenotfounderror`.split(
    /\s+/,
  ),
);

/** Whether a word says that there is no value, or that something failed. */
export function isFailure(word: string): boolean {
  return word.trim() === '' || FAILURES.has(word.toLowerCase()) || /(?:Error|Exception|Warning)$/.test(word);
}

/**
 * Whether a token that all originals have may be another one in the shrunk image: where it is the current time, or where
 * equal values are a coincidence.
 */
export function maskFits(originals: readonly Token[], shrunk: Token, spans: Spans): boolean {
  const [first] = originals as [Token];
  if (first.time && shrunk.time) {
    if (first.time.format !== shrunk.time.format) return false;
    return areNow([...originals.map(({ time }) => time as Time), shrunk.time], [...spans.originals, spans.shrunk]);
  }
  if (first.kind !== shrunk.kind) return false;
  switch (first.kind) {
    case 'quantity':
      return durationFits(originals, shrunk, spans);
    case 'address':
      return addressFits(originals, shrunk);
    case 'uuid':
      // A second run gives another one, so an identifier that two runs have is a constant.
      return originals.length === 1 && uuidFits(originals, shrunk);
    case 'word': {
      if (durationFits(originals, shrunk, spans)) return true;
      const times = originals.map(({ text }, index) => epochTime(text, spans.originals[index] as Spans['shrunk']));
      const other = epochTime(shrunk.text, spans.shrunk);
      if (!other || !times.every((time) => time?.format === other.format)) return false;
      return areNow([...(times as Time[]), other], [...spans.originals, spans.shrunk]);
    }
    default:
      return false;
  }
}

function durationFits(originals: readonly Token[], shrunk: Token, spans: Spans): boolean {
  const [before, after] = [originals.map(({ text }) => quantityOf(text)), quantityOf(shrunk.text)];
  if (!after || !before.every((one) => one !== undefined)) return false;
  return equalByChance(before, after, spans, () => numberFits(before, after, { duration: true, port: false }));
}

function addressFits(originals: readonly Token[], { text }: Token): boolean {
  return !/^0x0+$/i.test(text) && originals.every((one) => Math.abs(one.text.length - text.length) <= 2);
}

function uuidFits(originals: readonly Token[], { text }: Token): boolean {
  const version = (uuid: string) => uuid[14];
  return !/^[0-]+$|^[f-]+$/i.test(text) && originals.some((one) => version(one.text) === version(text));
}

/** Whether a token of the shrunk image is of the same kind as the tokens that vary between the originals. */
export function variationFits(originals: readonly Token[], shrunk: Token, spans: Spans): boolean {
  const words = originals.map(({ text }) => text);
  if (isFailure(shrunk.text) && !isFailure(words[0] as string)) return false;
  const fitted = byKind(originals, shrunk, spans);
  if (fitted !== undefined) return fitted;
  if (words.includes(shrunk.text)) return true;
  if (PLACEHOLDER.test(shrunk.text)) return false;
  const numbers = words.map(quantityOf);
  if (!numbers.every((number) => number !== undefined)) return wordFits(words, shrunk.text);
  if (isTooLong(numbers, quantityOf(shrunk.text), spans)) return false;
  return digitsFit(words, shrunk.text, numbers, { duration: areDurations(numbers, spans), port: PORT.test(spans.name ?? '') });
}

/** A token of one repeated character stands for a missing value. */
const PLACEHOLDER = /^(\w)\1{7,}$/;

/** What stands before a port: `127.0.0.1:`, `port=`, `('127.0.0.1', `. */
const PORT = /(?:port\W*|:|['"], ?)$/i;

/** Whether something took longer than its run, which the originals' durations did not. */
function isTooLong(originals: readonly Quantity[], shrunk: Quantity | undefined, spans: Spans): boolean {
  const longest = longestRun(spans);
  return shrunk?.measures === 'seconds' && shrunk.value > longest && originals.every(({ value }) => value <= longest);
}

/** For times and identifiers. @returns undefined where the originals are none, or not all of one kind */
function byKind(originals: readonly Token[], shrunk: Token, { originals: runs, shrunk: run }: Spans): boolean | undefined {
  const times = originals.map(({ text, time }, index) => time ?? epochTime(text, runs[index] as Spans['shrunk']));
  if (times.every((time) => time !== undefined) && allEqual(times.map(({ format }) => format))) {
    const other = shrunk.time ?? epochTime(shrunk.text, run);
    return other !== undefined && timeFits(times, other, runs, run);
  }
  const [{ kind }] = originals as [Token];
  if (kind === 'uuid' && originals.every((one) => one.kind === kind)) return shrunk.kind === kind && uuidFits(originals, shrunk);
  if (kind === 'address' && originals.every((one) => one.kind === kind)) return shrunk.kind === kind && addressFits(originals, shrunk);
  return undefined;
}

/** Integers with so many digits are random tokens or hashes, not counts. */
const RANDOM_DIGITS = 10;
/** Hexadecimal tokens with at least so many digits may all be without letters in both originals by chance. */
const HEX_LENGTH = 6;

/** Random numbers may begin with zeros, which are not written. */
const LEADING_ZEROS = 2;

function aboutAsLong(lengths: readonly number[], length: number): boolean {
  return length >= Math.min(...lengths) - LEADING_ZEROS && length <= Math.max(...lengths) + LEADING_ZEROS;
}

const PLAIN: NumberKind = { duration: false, port: false };

/** For numbers. */
function digitsFit(words: readonly string[], shrunk: string, numbers: readonly Quantity[], kind = PLAIN): boolean {
  const lengths = words.map(({ length }) => length);
  const whole = words.every((word) => /^\d+$/.test(word));
  const fixed = whole && allEqual(lengths) && shrunk.length === lengths[0];
  // Leading zeros keep the width, as in the time `07`.
  if (whole && words.some((word) => /^0\d/.test(word)) && fixed && /^\d+$/.test(shrunk)) return true;
  if (fixed && shrunk.length >= HEX_LENGTH && /^(?=.*\d)[0-9a-f]+$/.test(shrunk) && /[a-f]/.test(shrunk)) return true;
  const number = quantityOf(shrunk);
  if (!number) return false;
  if (whole && Math.min(...lengths) >= RANDOM_DIGITS) return /^\d+$/.test(shrunk) && aboutAsLong(lengths, shrunk.length);
  if (whole && /^0\d/.test(shrunk) && !fixed) return false;
  return numberFits(numbers, number, kind);
}

/** For other words: those with the same parts are compared part by part (`order-17.txt`), others are random tokens. */
function wordFits(words: readonly string[], shrunk: string): boolean {
  const parts = words.map(partsOf);
  const [first] = parts as [string[]];
  const shape = shapeOf(first);
  if (parts.every((one) => shapeOf(one) === shape)) {
    const others = partsOf(shrunk);
    if (
      shapeOf(others) === shape &&
      first.every((_, index) =>
        partFits(
          parts.map((one) => one[index] as string),
          others[index] as string,
        ),
      )
    )
      return true;
  }
  const middles = middlesOf(words, shrunk);
  if (!middles) return false;
  const numbers = middles.originals.map(quantityOf);
  if (numbers.every((number) => number !== undefined)) return digitsFit(middles.originals, middles.shrunk, numbers);
  return tokenFits(middles.originals, middles.shrunk);
}

function partFits(parts: readonly string[], shrunk: string): boolean {
  if (allEqual(parts)) return parts[0] === shrunk;
  if (parts.includes(shrunk)) return true;
  if (isFailure(shrunk)) return false;
  const numbers = parts.map(quantityOf);
  return numbers.every((number) => number !== undefined) ? digitsFit(parts, shrunk, numbers) : tokenFits(parts, shrunk);
}

/** Letters, numbers and the characters between them. A number has a fraction only where no other dot follows, as in a version. */
function partsOf(word: string): string[] {
  return word.match(/(?<![\d.])\d+\.\d+(?![\d.])|\d+|[^\W\d_]+|[\u0080-\uffff]+|[^A-Za-z\d]/g) ?? [];
}

function shapeOf(parts: readonly string[]): string {
  return parts.map((part) => (/^\d/.test(part) ? '0' : /^[A-Za-z]/.test(part) ? 'a' : part)).join('');
}
