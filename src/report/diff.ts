import { concealed } from '../conceal.js';
import { UserError } from '../errors.js';
import { answersOf } from './answers.js';
import { Chains } from './chains.js';
import { amountOf, byThing, Contents, type Item } from './contents.js';
import { type Changed, DIFF_SCHEMA, type Diff } from './diffmodel.js';
import type { Inside } from './inside.js';
import { explaining } from './largest.js';
import type { Thing } from './model.js';
import { isListed } from './programs.js';

/** Paths of one thing that are named. */
const NAMED = 20;
/** Characters of an answer that are shown. */
const SHOWN = 200;
/** Characters of an answer that are shown before the first difference, where it comes late. */
const BEFORE = 40;

type Assembled = Inside & { made: NonNullable<Inside['made']> };

/** One side of a diff, with its kept things by name. */
interface Side {
  inside: Assembled;
  chains: Chains;
  things: ReadonlyMap<string, { thing: Thing; items: Item[] }>;
  kept: ReadonlyMap<string, Item>;
}

/**
 * What came and what went between two shrunk images.
 * @throws UserError where one was not assembled, or they are for different platforms
 */
export function diffOf(a: Inside, b: Inside): Diff {
  const [one, other] = [sideOf(a), sideOf(b)];
  const [platformA, platformB] = [a.trace.image.platform, b.trace.image.platform];
  if (platformA !== platformB)
    throw new UserError(
      `${a.trace.image.reference} is for ${platformA}, and ${b.trace.image.reference} for ${platformB}: their files can't be compared.`,
      'Name two results for one platform.',
    );
  const [before, after] = [one.inside.made, other.inside.made];
  const things = [...new Set([...one.things.keys(), ...other.things.keys()])].flatMap((key) => changedOf(key, one, other));
  const programs = (side: Side) => [...side.kept.keys()].filter((path) => isListed(path, side.inside.made.keep.kept[path] ?? {}));
  const missing = (all: readonly string[], from: Side) => all.filter((path) => !from.kept.has(path)).sort();
  return {
    schema: DIFF_SCHEMA,
    a: describe(one.inside),
    b: describe(other.inside),
    bytes: after.keep.totals.kept.bytes - before.keep.totals.kept.bytes,
    files: after.keep.totals.kept.files - before.keep.totals.kept.files,
    things: things.sort((x, y) => Math.abs(y.bytes) - Math.abs(x.bytes) || (x.name < y.name ? -1 : 1)),
    programs: { came: missing(programs(other), one), went: missing(programs(one), other) },
    answers: answersChanged(a, b),
  };
}

function sideOf(inside: Inside): Side {
  const { made, trace } = inside;
  if (!made)
    throw new UserError(
      `Nothing was assembled yet from the trace of ${trace.image.reference}.`,
      'Do it with `pyshrink assemble`, or name a result.',
    );
  const contents = new Contents(made.keep, trace.python);
  const kept = contents.items.filter((item) => item.kept);
  return {
    inside: { ...inside, made },
    chains: new Chains(made.keep.kept),
    things: new Map(byThing(contents, kept).map((one) => [`${one.thing.thing} ${one.thing.name}`, one])),
    kept: new Map(kept.map((item) => [item.path, item])),
  };
}

function describe({ trace, made, check }: Assembled): Diff['a'] {
  const { reference, id, platform } = trace.image;
  const { result, keep } = made;
  return {
    reference,
    id,
    platform,
    name: result.tag,
    level: keep.level,
    size: result.size ?? null,
    kept: keep.totals.kept,
    outcome: check?.outcome ?? null,
  };
}

/** @returns nothing where the thing is the same on both sides */
function changedOf(key: string, one: Side, other: Side): Changed[] {
  const [a, b] = [one.things.get(key), other.things.get(key)];
  const thing = (b ?? a)?.thing;
  if (!thing) return [];
  const [itemsA, itemsB] = [a?.items ?? [], b?.items ?? []];
  const came = itemsB.filter(({ path }) => !one.kept.has(path));
  const went = itemsA.filter(({ path }) => !other.kept.has(path));
  const bytes = amountOf(itemsB).bytes - amountOf(itemsA).bytes;
  if (bytes === 0 && came.length === 0 && went.length === 0 && a?.thing.version === b?.thing.version) return [];
  const half = (found: typeof a, { chains }: Side) =>
    found ? { version: found.thing.version, kept: amountOf(found.items), chain: explaining(found.items, chains) } : null;
  const largest = (items: readonly Item[]) => [...items].sort((x, y) => y.size - x.size || (x.path < y.path ? -1 : 1)).slice(0, NAMED);
  return [
    {
      thing: thing.thing,
      name: thing.name,
      a: half(a, one),
      b: half(b, other),
      bytes,
      came: largest(came).map(({ path }) => path),
      went: largest(went).map(({ path }) => path),
    },
  ];
}

/** Answers that are another on the other side, and did not vary by themselves. Their texts hold no secrets: where two secrets differ, they look the same. */
function answersChanged(a: Inside, b: Inside): Diff['answers'] {
  const compared = a.check !== undefined && b.check !== undefined;
  const fieldsOf = (inside: Inside) =>
    new Map(
      answersOf(inside, Number.POSITIVE_INFINITY).flatMap(({ run, label, fields }, index) =>
        fields.map(({ name, originals, shrunk, varied }) => {
          const varies = varied.length > 0 || new Set(originals).size > 1;
          return [
            `${run} ${index} ${label} ${name}`,
            { label, field: name, varies, text: (compared ? shrunk : originals[0]) ?? '' },
          ] as const;
        }),
      ),
    );
  const [one, other] = [fieldsOf(a), fieldsOf(b)];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) => {
    const [x, y] = [one.get(key), other.get(key)];
    if (x?.text === y?.text || x?.varies || y?.varies) return [];
    const { label, field } = (x ?? y) as { label: string; field: string };
    // Secrets are replaced before a text is cut: a part of one would not be found.
    const [textA, textB] = [concealed(x?.text ?? '(none)'), concealed(y?.text ?? '(none)')];
    const from = Math.max(0, firstDifference(textA, textB) - BEFORE);
    return [{ label, field, a: part(textA, from), b: part(textB, from) }];
  });
}

/** Where two texts begin to differ. */
function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** What is shown of a text that differs only from some place on. */
function part(text: string, from: number): string {
  return `${from > 0 ? '...' : ''}${text.slice(from, from + SHOWN)}${text.length > from + SHOWN ? '...' : ''}`;
}
