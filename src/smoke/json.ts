import { allEqual, isAlike, type Likeness, type Place, type Spans, type Unlike } from './likeness.js';
import { compareTexts, order } from './text.js';
import { type Token, withoutVarying } from './tokens.js';
import { variationFits } from './words.js';

/** A JSON value with the text that it is written as: JSON.parse loses `1.0`, long integers and the order of keys such as `"2"`. */
type Json = { raw: string } & (
  | { kind: 'object'; entries: [key: string, value: Json][] }
  | { kind: 'array'; items: Json[] }
  | { kind: 'string'; text: string }
  | { kind: 'number' | 'boolean' | 'null' }
);

export interface JsonText {
  value: Json;
  /** The kinds of white space outside of strings, by which one sees how it is laid out. */
  layout: ReadonlySet<string>;
}

/** Reads a JSON object or array (RFC 8259). @returns undefined for other texts */
export function parseJson(text: string): JsonText | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    JSON.parse(text);
    return new Reader(text).whole();
  } catch (error) {
    // A RangeError: it is nested too deeply for a reader with recursion.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

const SPACE = new Set(' \t\r\n');
const END_OF_VALUE = new Set([...SPACE, ',', ']', '}']);

/** Reads a text that is valid JSON. */
class Reader {
  private at = 0;
  private readonly layout = new Set<string>();

  constructor(private readonly text: string) {}

  whole(): JsonText {
    this.space();
    return { value: this.value(), layout: this.layout };
  }

  private value(): Json {
    const start = this.at;
    const raw = () => this.text.slice(start, this.at);
    switch (this.text[start]) {
      case '{': {
        const entries: [string, Json][] = [];
        this.members('}', () => {
          const key = this.string();
          this.space();
          this.at++;
          this.space();
          entries.push([key, this.value()]);
        });
        return { kind: 'object', entries, raw: raw() };
      }
      case '[': {
        const items: Json[] = [];
        this.members(']', () => items.push(this.value()));
        return { kind: 'array', items, raw: raw() };
      }
      case '"': {
        const text = this.string();
        return { kind: 'string', text, raw: raw() };
      }
      default: {
        while (this.at < this.text.length && !END_OF_VALUE.has(this.text[this.at] as string)) this.at++;
        const written = raw();
        return { kind: written === 'null' ? 'null' : /^[tf]/.test(written) ? 'boolean' : 'number', raw: written };
      }
    }
  }

  private members(end: string, read: () => void): void {
    this.at++;
    this.space();
    while (this.text[this.at] !== end) {
      read();
      this.space();
      if (this.text[this.at] === ',') {
        this.at++;
        this.space();
      }
    }
    this.at++;
  }

  private string(): string {
    const start = this.at;
    for (this.at++; this.text[this.at] !== '"'; this.at++) if (this.text[this.at] === '\\') this.at++;
    this.at++;
    const written = this.text.slice(start, this.at);
    return written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
  }

  private space(): void {
    const start = this.at;
    while (SPACE.has(this.text[this.at] ?? '')) this.at++;
    if (this.at > start) this.layout.add(this.text.slice(start, this.at).replace(/\n[ \t]*/g, '\n'));
  }
}

const DIFFERS: Unlike = {};

/** Compares JSON by its structure: the keys, the length of arrays where the originals agree on it, and each value. */
export function compareJson(originals: readonly JsonText[], shrunk: JsonText, spans: Spans): Likeness {
  const known = new Set(originals.flatMap(({ layout }) => [...layout]));
  if (![...shrunk.layout].every((space) => known.has(space))) return DIFFERS;
  const comparison = new Comparison(spans);
  const alike = comparison.compare(
    originals.map(({ value }) => value),
    shrunk.value,
  );
  return alike ? comparison.places : DIFFERS;
}

/** A map of varying keys may have more than the largest that was seen by this factor, and this number of keys. */
const LARGER = { factor: 2, keys: 8 };
/**
 * A list of varying length may be longer or shorter than those that were seen by some times the difference between them, or
 * by a part of its length.
 */
const LENGTHS = { spreads: 3, part: 0.25 };
/** Items that an item of a list of varying length is compared with. */
const MOST_SAMPLES = 20;

class Comparison {
  readonly places: Place[] = [];
  private readonly path: string[] = ['$'];

  constructor(private readonly spans: Spans) {}

  compare(originals: readonly Json[], shrunk: Json): boolean {
    const [first] = originals as [Json];
    const equal = allEqual(originals.map(({ raw }) => raw));
    if (equal && first.raw === shrunk.raw) return true;
    const alike = originals.filter(({ kind }) => kind === shrunk.kind);
    // Only the first run says that an empty value is fine: a later one may have failed.
    if (alike.length === 0 || (shrunk.kind === 'null' && first.kind !== 'null')) return false;
    const runs = { ...this.spansOf(originals, shrunk.kind), name: this.path.slice(-2).join('') };
    switch (shrunk.kind) {
      case 'null':
        return this.accept(originals, shrunk);
      case 'boolean':
        return alike.some(({ raw }) => raw === shrunk.raw) && this.accept(originals, shrunk);
      case 'object':
        return this.object(
          alike.filter((one) => one.kind === 'object'),
          shrunk,
          runs,
        );
      case 'array':
        return this.array(
          alike.filter((one) => one.kind === 'array'),
          shrunk,
          runs,
        );
      case 'string': {
        const texts = alike.filter((one) => one.kind === 'string').map(({ text }) => text);
        const likeness = compareTexts(texts, shrunk.text, runs);
        return isAlike(likeness) && (likeness.length === 0 || this.accept(originals, shrunk));
      }
      case 'number': {
        const likeness = compareTexts(
          alike.map(({ raw }) => raw),
          shrunk.raw,
          runs,
        );
        return isAlike(likeness) && (likeness.length === 0 || this.accept(originals, shrunk));
      }
    }
  }

  private spansOf(originals: readonly Json[], kind: Json['kind']): Spans {
    return { ...this.spans, originals: this.spans.originals.filter((_, index) => originals[index]?.kind === kind) };
  }

  private accept(originals: readonly Json[], shrunk: Json): true {
    this.places.push({ place: this.path.join(''), originals: originals.map(({ raw }) => raw), shrunk: shrunk.raw });
    return true;
  }

  /** Compares values below the current one. */
  private below(step: string, spans: Spans, originals: readonly Json[], shrunk: Json): boolean {
    this.path.push(step);
    const comparison = spans.originals.length === this.spans.originals.length ? this : new Comparison(spans);
    if (comparison !== this) comparison.path.splice(0, 1, ...this.path);
    const alike = comparison.compare(originals, shrunk);
    if (comparison !== this) this.places.push(...comparison.places);
    this.path.pop();
    return alike;
  }

  private object(originals: readonly (Json & { kind: 'object' })[], shrunk: Json & { kind: 'object' }, spans: Spans): boolean {
    const keysOf = ({ entries }: Json & { kind: 'object' }) => entries.map(([key]) => key);
    const keys = originals.map(keysOf);
    const mine = keysOf(shrunk);
    const written = keys.map((some) => JSON.stringify(some));
    // Where the originals agree on the keys, they agree on their order too, and on keys that come twice.
    if (allEqual(written) && written[0] !== JSON.stringify(mine)) return false;
    const maps = originals.map(({ entries }) => new Map(entries));
    const all = new Set(keys.flat());
    const varying = [...all].filter((key) => !maps.every((map) => map.has(key)));
    const own = new Map(shrunk.entries);
    for (const key of all) if (!own.has(key) && !varying.includes(key)) return false;
    if (varying.length > 0 && mine.length > Math.max(...keys.map(({ length }) => length)) * LARGER.factor + LARGER.keys) return false;
    // A map from identifiers has other keys in each run, and all have the same form.
    const samples = varying.slice(0, MOST_SAMPLES).flatMap((key) => maps.flatMap((map) => map.get(key) ?? []));
    for (const [key, value] of shrunk.entries) {
      const step = /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
      const there = maps.flatMap((map, index) =>
        map.has(key) ? [{ value: map.get(key) as Json, run: spans.originals[index] as Spans['shrunk'] }] : [],
      );
      if (there.length > 0) {
        const runs = { ...spans, originals: there.map(({ run }) => run) };
        if (
          !this.below(
            step,
            runs,
            there.map((one) => one.value),
            value,
          )
        )
          return false;
        continue;
      }
      if (!keyFits(varying, key, spans) || !this.sampled(step, samples, value, spans)) return false;
    }
    return true;
  }

  private array(originals: readonly (Json & { kind: 'array' })[], shrunk: Json & { kind: 'array' }, spans: Spans): boolean {
    const lengths = originals.map(({ items }) => items.length);
    const length = shrunk.items.length;
    if (allEqual(lengths)) {
      if (length !== lengths[0]) return false;
      const written = originals.map(({ items }) => items.map(({ raw }) => raw));
      const sorted = written.map((items) => JSON.stringify([...items].sort()));
      if (allEqual(sorted) && !allEqual(written.map((items) => JSON.stringify(items)))) {
        if (JSON.stringify(shrunk.items.map(({ raw }) => raw).sort()) !== sorted[0]) return false;
        return this.accept(originals, shrunk);
      }
      const lists = [...originals, shrunk].map(({ items }) => items);
      const arranged = arrangedLists(lists);
      if (arranged === 'differ') return false;
      if (arranged) this.accept(originals, shrunk);
      const [mine, theirs] = [(arranged ?? lists).at(-1) as Json[], (arranged ?? lists).slice(0, -1)];
      return mine.every((item, index) =>
        this.below(
          arranged ? '[in any order]' : `[${index}]`,
          spans,
          theirs.map((items) => items[index] as Json),
          item,
        ),
      );
    }
    const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
    const extra = Math.max((most - least) * LENGTHS.spreads, Math.ceil(least * LENGTHS.part));
    if (length > most + extra || length < least - extra || (length === 0 && lengths[0] !== 0)) return false;
    if (!hasCommon(originals, shrunk)) return false;
    const samples = originals.flatMap(({ items }) => items.slice(0, MOST_SAMPLES));
    return shrunk.items.every((item, index) => this.sampled(`[${index}]`, samples, item, spans)) && this.accept(originals, shrunk);
  }

  /** Compares an item of a collection of varying length with all items that the originals have in it. */
  private sampled(step: string, samples: readonly Json[], shrunk: Json, spans: Spans): boolean {
    if (samples.some(({ raw }) => raw === shrunk.raw)) return true;
    const alike = samples.filter(({ kind }) => kind === shrunk.kind);
    if (alike.length === 0) return false;
    const run = spans.originals[0] as Spans['shrunk'];
    const all = { originals: alike.map(() => run), shrunk: spans.shrunk };
    const comparison = new Comparison(all);
    comparison.path.splice(0, 1, ...this.path, step);
    return comparison.compare(alike, shrunk);
  }
}

/**
 * Lists whose items come in another order in each run, and vary themselves: `[{"name": "a", "started": T}, ...]`. They are
 * arranged by what does not vary in their items.
 * @returns undefined where the order does not vary, or where the items can't be recognized; `differ` where the shrunk list has
 * other items
 */
function arrangedLists(lists: readonly Json[][]): Json[][] | 'differ' | undefined {
  if (!lists[0]?.some(({ kind }) => kind === 'object' || kind === 'string')) return undefined;
  const keyed = lists.map((items) => items.map((item) => ({ item, key: withoutVarying(item.raw) })));
  const orders = keyed.map((items) => items.map(({ key }) => key).join('\n'));
  if (allEqual(orders.slice(0, -1))) return undefined;
  const arranged = keyed.map((items) => items.sort((a, b) => order(a.key, b.key) || order(a.item.raw, b.item.raw)));
  const sorted = arranged.map((items) => items.map(({ key }) => key).join('\n'));
  if (!allEqual(sorted.slice(0, -1))) return undefined;
  return allEqual(sorted) ? arranged.map((items) => items.map(({ item }) => item)) : 'differ';
}

/** A part of the items of the shortest list. */
const MOST_OF_THEM = 0.9;

/**
 * Whether a list has the items that are once in each list of the originals. A few items may be in all runs by chance. So the
 * rule holds only where nearly all items of the shortest list are such.
 */
function hasCommon(originals: readonly (Json & { kind: 'array' })[], shrunk: Json & { kind: 'array' }): boolean {
  const counts = originals.map(({ items }) => countsOf(items.map(({ raw }) => raw)));
  const common = [...(counts[0] as Map<string, number>).keys()].filter((raw) => counts.every((one) => one.get(raw) === 1));
  if (common.length < Math.min(...originals.map(({ items }) => items.length)) * MOST_OF_THEM) return true;
  const own = new Set(shrunk.items.map(({ raw }) => raw));
  return common.every((raw) => own.has(raw));
}

function countsOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function keyFits(varying: readonly string[], key: string, spans: Spans): boolean {
  const word = (text: string): Token => ({ kind: 'word', text });
  const run = spans.originals[0] as Spans['shrunk'];
  return varying.length > 0 && variationFits(varying.map(word), word(key), { originals: varying.map(() => run), shrunk: spans.shrunk });
}
