import { concealed } from '../conceal.js';
import { UserError } from '../errors.js';
import { compareLogs } from '../smoke/logs.js';
import { answersOf } from './answers.js';
import { type Changed, DIFF_SCHEMA, type Diff } from './diffmodel.js';
import { keptSide, type Part, type Side, usedSide } from './diffsides.js';
import type { Inside } from './inside.js';

/** Paths of one thing that are named. */
const NAMED = 20;
/** Characters of an answer that are shown. */
const SHOWN = 200;
/** Characters of an answer that are shown before the first difference, where it comes late. */
const BEFORE = 40;
/** Stands for an answer that one side has not. */
const NONE = '(none)';

/**
 * What came and what went between two results. Where nothing was assembled from one of the traces, what the runs used is
 * compared instead.
 * @throws UserError where they are for different platforms
 */
export function diffOf(a: Inside, b: Inside): Diff {
  const [platformA, platformB] = [a.trace.image.platform, b.trace.image.platform];
  if (platformA !== platformB)
    throw new UserError(
      `${a.trace.image.reference} is for ${platformA}, and ${b.trace.image.reference} for ${platformB}: their files can't be compared.`,
      'Name two results for one platform.',
    );
  const basis = isMade(a) && isMade(b) ? 'kept' : 'used';
  const [one, other] = isMade(a) && isMade(b) ? [keptSide(a), keptSide(b)] : [usedSide(a), usedSide(b)];
  const things = [...new Set([...one.parts.keys(), ...other.parts.keys()])].flatMap((key) => changedOf(key, one, other));
  const missing = (all: readonly string[], from: Side) => all.filter((path) => !from.paths.has(path)).sort();
  const [before, after] = [one.description.kept, other.description.kept];
  return {
    schema: DIFF_SCHEMA,
    basis,
    a: one.description,
    b: other.description,
    bytes: difference(after.bytes, before.bytes),
    files: after.files - before.files,
    things: things.sort((x, y) => y.weight - x.weight || (x.changed.name < y.changed.name ? -1 : 1)).map(({ changed }) => changed),
    programs: { came: missing(other.programs, one), went: missing(one.programs, other) },
    answers: answersChanged(a, b),
  };
}

function isMade(inside: Inside): inside is Inside & { made: NonNullable<Inside['made']> } {
  return inside.made !== undefined;
}

function difference(b: number | null, a: number | null): number | null {
  return a === null || b === null ? null : b - a;
}

/** What changed of a thing, and how much: bytes, or paths where bytes are not known. @returns nothing where it is the same on both sides */
function changedOf(key: string, one: Side, other: Side): { changed: Changed; weight: number }[] {
  const [a, b] = [one.parts.get(key), other.parts.get(key)];
  const thing = (b ?? a)?.thing;
  if (!thing) return [];
  const came = (b?.paths ?? []).filter(({ path }) => !one.paths.has(path));
  const went = (a?.paths ?? []).filter(({ path }) => !other.paths.has(path));
  const bytes = difference(b ? b.amount.bytes : 0, a ? a.amount.bytes : 0);
  const versions = new Set([a?.thing.version, b?.thing.version].filter((version) => typeof version === 'string'));
  if (!bytes && came.length === 0 && went.length === 0 && versions.size < 2) return [];
  const half = (part: Part | undefined, own: Part['paths']) =>
    part ? { version: part.thing.version, kept: part.amount, chain: part.chain(own) } : null;
  const changed = {
    thing: thing.thing,
    name: thing.name,
    a: half(a, went),
    b: half(b, came),
    bytes,
    came: largest(came),
    went: largest(went),
  };
  return [{ changed, weight: bytes === null ? came.length + went.length : Math.abs(bytes) }];
}

function largest(paths: Part['paths']): string[] {
  const size = (one: (typeof paths)[number]) => one.size ?? 0;
  const sorted = [...paths].sort((x, y) => size(y) - size(x) || (x.path < y.path ? -1 : 1));
  return sorted.slice(0, NAMED).map(({ path }) => path);
}

/** The field of a step that only one side has. */
const WHOLE_STEP = 'step';
/** It is the current time in every answer (RFC 9110, 6.6.1), so a single run can't teach that it varies. */
const TIME = 'header date';

interface Answered {
  label: string;
  field: string;
  /** Whether its runs show that it varies by itself. */
  varies: boolean;
  text: string;
  /** Whether it is what a server printed until it was stopped. */
  isLog: boolean;
}

/**
 * Answers that are another on the other side, and did not vary by themselves. Their texts hold no secrets: where two secrets
 * differ, they look the same.
 */
function answersChanged(a: Inside, b: Inside): Diff['answers'] {
  const compared = a.check !== undefined && b.check !== undefined;
  const [one, other] = [stepsOf(a, compared), stepsOf(b, compared)];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) => {
    const [x, y] = [one.get(key), other.get(key)];
    return x && y ? fieldsChanged(x, y) : onlyOne(x, y);
  });
}

/** The fields of each answer by its step: its run, its label, and which of the steps of that label it is. Further steps change nothing about the others. */
function stepsOf(inside: Inside, compared: boolean): Map<string, Map<string, Answered>> {
  const counts = new Map<string, number>();
  return new Map(
    answersOf(inside, Number.POSITIVE_INFINITY).map(({ run, label, fields }) => {
      const count = (counts.get(`${run} ${label}`) ?? 0) + 1;
      counts.set(`${run} ${label}`, count);
      // The log of a server varies with every run, so only the problems in it count, as in a comparison with the original.
      const isServer = label === 'app' && fields.some(({ name, originals }) => name === 'exit' && originals[0] === 'stopped');
      const answered = fields.map(({ name, originals, shrunk, varied }): [string, Answered] => {
        const varies = name === TIME || varied.length > 0 || (!isServer && new Set(originals).size > 1);
        const text = (compared ? shrunk : originals[0]) ?? '';
        return [name, { label, field: name, varies, text, isLog: isServer && name !== 'exit' }];
      });
      return [`${run} ${count} ${label}`, new Map(answered)];
    }),
  );
}

/** The problems that only the second of two logs has. */
function newProblems(before: string, after: string): string {
  return compareLogs([before], after)
    .added.map(({ text }) => text)
    .join('\n');
}

function fieldsChanged(one: ReadonlyMap<string, Answered>, other: ReadonlyMap<string, Answered>): Diff['answers'] {
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((name) => {
    const [x, y] = [one.get(name), other.get(name)];
    if (x?.text === y?.text || x?.varies || y?.varies) return [];
    const { label, field } = (x ?? y) as Answered;
    const isLog = x?.isLog === true && y?.isLog === true;
    const [a, b] = isLog ? [newProblems(y.text, x.text), newProblems(x.text, y.text)] : [x?.text ?? NONE, y?.text ?? NONE];
    if (isLog && a === b) return [];
    // Secrets are replaced before a text is cut: a part of one would not be found.
    const [textA, textB] = [concealed(a), concealed(b)];
    const from = Math.max(0, firstDifference(textA, textB) - BEFORE);
    return [{ label, field, a: part(textA, from), b: part(textB, from) }];
  });
}

/** A step that only one side has done, with the first thing that is known of its answer: its status. */
function onlyOne(x: ReadonlyMap<string, Answered> | undefined, y: ReadonlyMap<string, Answered> | undefined): Diff['answers'] {
  const [first] = (x ?? y)?.values() ?? [];
  if (!first) return [];
  const text = (side: typeof x) => (side ? part(concealed(`${first.field} ${first.text}`), 0) : NONE);
  return [{ label: first.label, field: WHOLE_STEP, a: text(x), b: text(y) }];
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
