import { own } from '../records.js';

/** A number in a text, with or without a unit. */
export interface Quantity {
  value: number;
  /** What its unit measures. Empty where there is no unit. */
  measures: '' | 'seconds' | 'bytes';
  /** Whether it is written with a fraction or an exponent. */
  fraction: boolean;
  /** Digits, without leading zeros. */
  digits: number;
  /** Value of one unit of its last digit. */
  step: number;
}

const UNITS: Readonly<Record<string, readonly ['seconds' | 'bytes', number]>> = {
  ns: ['seconds', 1e-9],
  us: ['seconds', 1e-6],
  µs: ['seconds', 1e-6],
  μs: ['seconds', 1e-6],
  ms: ['seconds', 1e-3],
  ...Object.fromEntries(['s', 'sec', 'secs', 'second', 'seconds'].map((unit) => [unit, ['seconds', 1] as const])),
  B: ['bytes', 1],
  bytes: ['bytes', 1],
  ...Object.fromEntries(
    ['K', 'M', 'G', 'T'].flatMap((prefix, index) => [
      [`${prefix}B`, ['bytes', 1000 ** (index + 1)] as const],
      [`${prefix}iB`, ['bytes', 1024 ** (index + 1)] as const],
    ]),
  ),
  kB: ['bytes', 1000],
};

/** Python always writes the sign of an exponent. Without it, `12e4` is more likely hexadecimal. */
const NUMBER = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(?:e([+-]\d+))? ?([µμa-zA-Z]*)$/;

/** Reads a number. @returns undefined for other texts, and for a unit that is not known */
export function quantityOf(text: string): Quantity | undefined {
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', exponent, unit = ''] = match;
  const known = unit === '' ? (['', 1] as const) : own(UNITS, unit);
  if (!known) return undefined;
  const plain = whole.replaceAll(',', '');
  const scale = known[1] * 10 ** Number(exponent ?? 0);
  return {
    value: (sign ? -1 : 1) * Number(`${plain}.${fraction || 0}`) * scale,
    measures: known[0],
    fraction: match[3] !== undefined || exponent !== undefined,
    digits: `${plain}${fraction}`.replace(/^0+/, '').length,
    step: scale / 10 ** fraction.length,
  };
}

/** Numbers that clearly vary differ by about this factor: process ids, sizes of memory, counters and sizes of answers. */
const FACTOR = 10;
/** Times that something took differ more: a busy computer can be a hundred times slower for a moment. Other fractions may too. */
const FACTOR_OF_FRACTIONS = 100;
/** Small counters and process ids in a container may differ by this much, whatever the factor. */
const STEPS = 16;
/** A fraction with so many digits is a random or measured number, which may have any sign and be near zero. */
const MEASURED_DIGITS = 6;
/** With two originals, a third value is often outside their range, but seldom by more than three times this range. */
const SPREADS = 3;
/**
 * Two numbers count as nearly the same where they differ by less than this part of their size. The part is smaller for
 * fractions: measured times and sizes often differ by a few percent. Then a third number may be outside of their range by
 * the largest of: some times this range, a part of their size, some units of the last digit.
 */
const NEAR = { part: 0.05, partOfFractions: 0.01, spreads: 10, size: 0.1, units: 8 };
/** Ports that the kernel gives to sockets. Source: ip_local_port_range of Linux's ip-sysctl.rst. */
const PORTS = { first: 32768, last: 60999 };

/** What a number is, by its unit or by what stands before it. */
export interface NumberKind {
  /** A time that something took, which varies with the load of the computer. */
  duration: boolean;
  /** A port. One that the kernel chooses is anywhere in its range. */
  port: boolean;
}

/**
 * Whether a number is of the same form as numbers that vary, and between or near them. Originals that are nearly
 * the same only allow what is near. Where they clearly vary, two values say little about a distribution, so this takes
 * what is within an order of magnitude (two, for fractions). It refuses wild values: zero and negative numbers where the
 * originals' are not, and other magnitudes, as these are the signs of something broken.
 */
export function numberFits(originals: readonly Quantity[], shrunk: Quantity, { duration, port }: NumberKind): boolean {
  const { value, measures, fraction, step } = shrunk;
  if (originals.some((one) => one.measures !== measures)) return false;
  const fractions = originals.map((one) => one.fraction);
  // `980 ms` and `1.2 s` are of one form, but `5` and `5.0` are not.
  if (measures === '' && !fractions.includes(fraction)) return false;
  const values = originals.map((one) => one.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (value >= low && value <= high) return value !== 0 || low === 0 || high === 0 || low < 0;
  if (port && [...values, value].every(isPort)) return true;
  const [spread, most] = [high - low, Math.max(Math.abs(low), Math.abs(high))];
  const part = duration ? 1 : spread / most;
  const largest = fractions.includes(true) || duration ? FACTOR_OF_FRACTIONS : FACTOR;
  const measured = fraction && Math.max(...originals.map((one) => one.digits)) >= MEASURED_DIGITS;
  const isWithin = (...extra: number[]) => value >= low - Math.max(...extra) && value <= high + Math.max(...extra);
  const least = Math.min(...originals.map((one) => one.step), step);
  const isNear = part < (fractions.includes(true) ? NEAR.partOfFractions : NEAR.part);
  // Random values may be near zero, and a few of them may have the same sign by chance.
  if (measured && !duration && !isNear && value !== 0 && low - spread * SPREADS <= 0)
    return value >= low - spread * SPREADS && value <= most * largest;
  if (value < 0 && low >= 0) return false;
  // Zero may be a small value that was rounded.
  if (value === 0) return low - spread * SPREADS <= 0 && low <= STEPS * Math.max(least, step) && (fraction || duration || low <= 1);
  if (isNear) return isWithin(spread * NEAR.spreads, most * NEAR.size, least * NEAR.units);
  if (Math.abs(value) <= most * largest && Math.abs(value) >= Math.min(...values.map(Math.abs)) / largest) return true;
  return isWithin(spread * SPREADS, STEPS * step);
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= PORTS.first && value <= PORTS.last;
}
