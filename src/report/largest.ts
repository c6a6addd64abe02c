import type { Reason } from '../keep/reason.js';
import type { Chains } from './chains.js';
import { amountOf, byThing, type Contents, type Item } from './contents.js';
import type { KeptGraph } from './graph.js';
import type { LargeKept, LeftOut, Thing } from './model.js';
import { pathOptions } from './options.js';
import { rankOf } from './strength.js';
import { describeOmission } from './words.js';

/** How many of the largest things a report shows. */
export const SHOWN = 20;
/** How many of those that need a thing. */
const NEEDED_BY = 10;

/** The largest things that are kept. @param most how many */
export function largestKept(contents: Contents, graph: KeptGraph, chains: Chains, most = SHOWN): LargeKept[] {
  const kept = contents.items.filter((item) => item.kept);
  const essential = essentials(contents);
  return sorted(byThing(contents, kept).map((one) => ({ ...one, amount: amountOf(one.items) })))
    .slice(0, most)
    .map(({ thing, items, amount }) => {
      const gone = graph.goneWith(items.map(({ path }) => path));
      const goneItems = kept.filter(({ path }) => gone.has(path));
      const isEssential = thing.thing === 'interpreter' || goneItems.some(({ path }) => essential.has(path));
      const needs = neededBy(items, contents);
      return {
        ...thing,
        kept: amount,
        saves: amountOf(goneItems).bytes,
        exclude: isEssential
          ? null
          : pathOptions(
              '--exclude',
              goneItems.map(({ path }) => path),
              kept.filter(({ path }) => !gone.has(path)).map(({ path }) => path),
            ),
        neededBy: needs.slice(0, NEEDED_BY),
        needs: needs.length,
        chain: shortest(items, chains, contents),
      };
    });
}

/** The largest first; equally large ones by name. */
function sorted<T extends { thing: Thing; amount: { bytes: number } }>(things: T[]): T[] {
  return things.sort((a, b) => b.amount.bytes - a.amount.bytes || (a.thing.name < b.thing.name ? -1 : 1));
}

/** The interpreter, its loader, and all libraries that it is linked with: nothing runs without them. */
function essentials({ keep: { kept }, items, tree }: Contents): Set<string> {
  const found = new Set(items.filter((item) => item.kept && item.kind === 'python').map(({ path }) => path));
  const isLoad = ({ rule, kind }: Reason) => rule === 'elf' && (kind === 'needed' || kind === 'loader');
  const children = new Map<string, string[]>();
  for (const [path, { reasons }] of Object.entries(kept)) {
    for (const parent of reasons.filter(isLoad).flatMap(({ parents }) => parents))
      children.set(parent, [...(children.get(parent) ?? []), path]);
  }
  // Extension modules of the standard library may be spared, the interpreter may not.
  const programs = [...found].filter((path) => kept[path]?.program === true);
  const essential = new Set(programs.map((path) => tree.resolve(path)?.path ?? path));
  for (const path of essential) for (const child of children.get(path) ?? []) essential.add(child);
  return essential;
}

/** Kept paths outside of a thing that lead into it: first the app's own code, then those with the strongest reasons. */
function neededBy(items: readonly Item[], { keep: { kept } }: Contents): string[] {
  const inside = new Set(items.map(({ path }) => path));
  const found = new Map<string, number>();
  for (const { path } of items) {
    for (const reason of kept[path]?.reasons ?? []) {
      // That the interpreter opened it says nothing about who needs it.
      const rank = reason.rule === 'observed' ? Number.MAX_SAFE_INTEGER : rankOf(reason);
      for (const parent of reason.parents) {
        if (!inside.has(parent) && kept[parent] && kept[parent].type !== 'd') found.set(parent, Math.min(found.get(parent) ?? rank, rank));
      }
    }
  }
  const isOwn = (path: string) => (kept[path]?.reasons.some(({ rule, kind }) => rule === 'python' && kind === 'own-code') ? 0 : 1);
  const users = [...found].filter(([, rank]) => rank < Number.MAX_SAFE_INTEGER);
  return (users.length > 0 ? users : [...found])
    .sort(([a, rankA], [b, rankB]) => isOwn(a) - isOwn(b) || rankA - rankB || (a < b ? -1 : 1))
    .map(([path]) => path);
}

/** The shortest chain of all that a thing has. One to the app's own code goes before one to anything else. */
function shortest(items: readonly Item[], chains: Chains, { keep: { kept } }: Contents): LargeKept['chain'] {
  const toOwn = (chain: LargeKept['chain']) => chain.at(-1)?.reason === 'python/own-code';
  let best: LargeKept['chain'] = [];
  for (const { path } of items) {
    const chain = chains.of(path);
    if (chain.length === 0 || kept[path]?.type === 'd') continue;
    if (best.length === 0 || (toOwn(chain) !== toOwn(best) ? toOwn(chain) : chain.length < best.length)) best = chain;
  }
  return best;
}

/** The largest things that are left out, each with why most of it is, and with what would bring it in. */
export function largestCuts(contents: Contents): LeftOut[] {
  const omitted = contents.items.filter((item) => !item.kept);
  return sorted(byThing(contents, omitted).map((one) => ({ ...one, amount: amountOf(one.items) })))
    .slice(0, SHOWN)
    .map(({ thing, items, amount }) => ({
      ...thing,
      omitted: amount,
      text: mainReason(items, contents),
      include: includeOf(items, omitted),
    }));
}

/** What code names and no run used, and what is left out only since it is expensive. */
export function nearlyKept(contents: Contents): LeftOut[] {
  const { omissions, omitted } = contents.keep;
  const all = contents.items.filter((item) => !item.kept);
  const groups = new Map<number, Item[]>();
  for (const item of all) {
    const because = omitted[item.path]?.because ?? -1;
    if (omissions[because]?.kind !== 'costly') continue;
    const known = groups.get(because);
    if (known) known.push(item);
    else groups.set(because, [item]);
  }
  return sorted(
    [...groups].map(([because, items]) => {
      const omission = omissions[because];
      const [one] = items as [Item];
      const thing: Thing = items.length === 1 ? { thing: 'file', name: one.path, version: null } : contents.thingOf(one);
      return { thing, items, omission, amount: { files: amountOf(items).files, bytes: omission?.bytes ?? 0 } };
    }),
  )
    .slice(0, SHOWN)
    .map(({ thing, items, omission, amount }) => ({
      ...thing,
      omitted: amount,
      text: omission ? describeOmission(omission) : '',
      include: includeOf(items, all),
    }));
}

/** A kept path below a folder of the option stays kept, so only other left-out paths must not be named. */
function includeOf(items: readonly Item[], omitted: readonly Item[]): string {
  const inside = new Set(items);
  return pathOptions(
    '--include',
    items.map(({ path }) => path),
    omitted.filter((item) => !inside.has(item)).map(({ path }) => path),
  );
}

/** Why most bytes of it are left out. */
function mainReason(items: readonly Item[], { keep: { omitted, omissions } }: Contents): string {
  const bytes = new Map<number, number>();
  for (const { path, size } of items) {
    const because = omitted[path]?.because ?? 0;
    bytes.set(because, (bytes.get(because) ?? 0) + size);
  }
  const [main] = [...bytes].sort((a, b) => b[1] - a[1]);
  const omission = main && omissions[main[0]];
  return omission ? describeOmission(omission) : '';
}
