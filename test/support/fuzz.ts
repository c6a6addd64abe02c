import { UserError } from '../../src/errors.js';
import { Seeded } from './madeup.js';

/** Choices that are the same for the same seed. */
export class Random extends Seeded {
  /** An integer from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  chance(of: number): boolean {
    return this.next() < of;
  }
}

/** Numbers at which parsers go wrong: limits of their types, and what is near them. */
const NUMBERS = [0, 1, 7, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const WIDE = [0n, 1n, 0x7fffffffn, 0xffffffffn, 0x7fffffffffffffffn, 0x8000000000000000n, 0xffffffffffffffffn];
/** Texts at which parsers of text go wrong. */
const TEXTS = [
  '',
  '0',
  '-1',
  '1e999',
  '99999999999999999999',
  'NaN',
  '\0',
  '\n',
  '\r\n',
  '"',
  "'",
  '..',
  '/../',
  '__proto__',
  '\ufeff',
  '\udc80',
  '%',
  '*',
  '&a',
  '*a',
  '!!js/function x',
  '<<',
  '{',
  '[',
  ': ',
  '- ',
  '\t',
  '\u2028',
  'constructor',
  '../'.repeat(2000),
  'a'.repeat(5000),
  '('.repeat(3000),
] as const;

/** One damage of bytes. */
type Damage = (bytes: Buffer, random: Random) => Buffer;

const DAMAGES: readonly Damage[] = [
  (bytes, random) => changed(bytes, random.below(bytes.length), (old) => old ^ (1 << random.below(8))),
  (bytes, random) => changed(bytes, random.below(bytes.length), () => random.pick(NUMBERS) & 0xff),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  // A part twice, without a part, or in another place.
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    const other = Buffer.from(bytes);
    bytes.copy(other, random.below(bytes.length), from, to);
    return other;
  },
  (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(TEXTS)), bytes.subarray(at)]);
  },
  // Numbers of two, four and eight bytes, as lengths and offsets are.
  (bytes, random) => {
    const size = random.pick([2, 4, 8]);
    if (bytes.length < size) return bytes;
    const other = Buffer.from(bytes);
    const at = Math.floor(random.below(bytes.length - size + 1) / size) * size;
    const little = random.chance(0.7);
    if (size === 8) {
      if (little) other.writeBigUInt64LE(random.pick(WIDE), at);
      else other.writeBigUInt64BE(random.pick(WIDE), at);
    } else {
      const value = random.pick(NUMBERS) & (size === 2 ? 0xffff : -1);
      if (little) other.writeUIntLE(value >>> 0, at, size);
      else other.writeUIntBE(value >>> 0, at, size);
    }
    return other;
  },
  // A number in text.
  (bytes, random) => {
    const text = bytes.toString('latin1');
    const places = [...text.matchAll(/\d+/g)];
    if (places.length === 0) return bytes;
    const { index, 0: digits } = random.pick(places);
    return Buffer.from(text.slice(0, index) + random.pick(TEXTS.slice(1, 6)) + text.slice(index + digits.length), 'latin1');
  },
];

function changed(bytes: Buffer, at: number, change: (old: number) => number): Buffer {
  if (bytes.length === 0) return bytes;
  const other = Buffer.from(bytes);
  other[at] = change(other[at] as number);
  return other;
}

function span(bytes: Buffer, random: Random): [number, number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(random.pick([4, 32, 600, 4000])))];
}

/** Bytes with a few damages. */
export function damaged(bytes: Buffer, random: Random): Buffer {
  let other = bytes;
  for (let left = 1 + random.below(4); left > 0; left--) other = random.pick(DAMAGES)(other, random);
  return other;
}

/** A text with a few damages. */
export function damagedText(text: string, random: Random): string {
  return damaged(Buffer.from(text), random).toString();
}

/** Values that a field of a JSON document does not expect. */
const VALUES: readonly unknown[] = [
  ...TEXTS,
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  [],
  {},
  [null],
  [[]],
  { '': '' },
  deep(600),
  JSON.parse('{"__proto__": {"x": 1}}'),
  new Array(3000).fill('x'),
];

function deep(levels: number): unknown {
  let value: unknown = 'x';
  for (let left = levels; left > 0; left--) value = [value];
  return value;
}

/** A copy of a JSON document with a few damages: other values, fields and items that are missing, doubled or of another place. */
export function damagedJson(document: unknown, random: Random): unknown {
  let copy = structuredClone(document);
  for (let left = 1 + random.below(3); left > 0; left--) copy = damageOnce(copy, random);
  return copy;
}

function damageOnce(document: unknown, random: Random): unknown {
  const places: { holder: Record<string, unknown> | unknown[]; key: string }[] = [];
  const visit = (value: unknown, depth: number) => {
    if (typeof value !== 'object' || value === null || depth > 50) return;
    for (const [key, inner] of Object.entries(value)) {
      places.push({ holder: value as Record<string, unknown>, key });
      visit(inner, depth + 1);
    }
  };
  visit(document, 0);
  if (places.length === 0 || random.chance(0.02)) return structuredClone(random.pick(VALUES));
  const { holder, key } = random.pick(places);
  const other = random.pick(places);
  const value = Reflect.get(holder, key) as unknown;
  const kind = random.below(6);
  if (kind === 0) Reflect.deleteProperty(holder, key);
  else if (kind === 1) Reflect.set(holder, key, structuredClone(Reflect.get(other.holder, other.key)));
  else if (kind === 2 && Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(value));
  else if (kind === 2) Reflect.set(holder, random.pick(TEXTS), structuredClone(value));
  else if (kind === 3 && typeof value === 'string') Reflect.set(holder, key, damagedText(value, random));
  else if (kind === 3 && typeof value === 'number') Reflect.set(holder, key, random.pick([-value, value + 1, value * 2 ** 32, value / 3]));
  else Reflect.set(holder, key, structuredClone(random.pick(VALUES)));
  return document;
}

/** A parser, and how hostile inputs for it are made. */
export interface FuzzTarget<T = unknown> {
  name: string;
  /** Makes one hostile input. */
  make(random: Random): T;
  /** Parses it. May throw a UserError, which is an answer; any other error is a find. */
  run(input: T): unknown;
}

/** Keeps the type of an input between its two functions. */
export function target<T>(one: FuzzTarget<T>): FuzzTarget {
  return one as FuzzTarget;
}

export interface Find {
  target: string;
  /** Makes the same input again. */
  seed: number;
  /** What was wrong: an error with its stack, or the time that it took. */
  what: string;
}

/**
 * Gives a parser hostile inputs and collects what is wrong.
 * @param first seed of the first input; each input has the next one
 * @param seconds how long one input may take
 * @param before is called before each input
 */
export async function fuzz(
  one: FuzzTarget,
  first: number,
  count: number,
  seconds: number,
  before?: (seed: number) => void,
): Promise<Find[]> {
  const finds: Find[] = [];
  for (let seed = first; seed < first + count; seed++) {
    before?.(seed);
    const input = one.make(new Random(seed));
    const start = performance.now();
    try {
      await one.run(input);
    } catch (error) {
      if (!(error instanceof UserError))
        finds.push({ target: one.name, seed, what: error instanceof Error ? (error.stack ?? String(error)) : String(error) });
    }
    const took = (performance.now() - start) / 1000;
    if (took > seconds) finds.push({ target: one.name, seed, what: `took ${took.toFixed(1)} s` });
  }
  return finds;
}
