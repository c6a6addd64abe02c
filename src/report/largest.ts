import type { Reason, RuleName } from '../keep/reason.js';
import { push } from '../rootfs.js';
import { isToStart } from './chain.js';
import type { Chains } from './chains.js';
import { amountOf, byThing, type Contents, type Item } from './contents.js';
import type { KeptGraph } from './graph.js';
import type { LargeKept, LeftOut, Link, Thing } from './model.js';
import { Folding } from './options.js';
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
  const folding = new Folding(kept.map(({ path }) => path));
  return sorted(byThing(contents, kept).map((one) => ({ ...one, amount: amountOf(one.items) })))
    .slice(0, most)
    .map(({ thing, items, amount }) => {
      const gone = graph.goneWith(items.map(({ path }) => path));
      // Hundreds of small modules of the standard library would only make the options long.
      const goneItems = kept.filter(({ path, kind }) => gone.has(path) && (kind !== 'python' || thing.thing === 'interpreter'));
      const own = new Set(items.map(({ path }) => path));
      const isEssential = thing.thing === 'interpreter' || goneItems.some(({ path }) => essential.has(path));
      const needs = neededBy(items, contents);
      const options = isEssential ? null : folding.options('--exclude', goneItems, (path) => own.has(path));
      const left = new Set(options?.paths);
      return {
        ...thing,
        kept: amount,
        saves: amountOf(options ? goneItems.filter(({ path }) => left.has(path)) : goneItems).bytes,
        exclude: options?.text ?? null,
        neededBy: needs.slice(0, NEEDED_BY),
        needs: needs.length,
        chain: explaining(items, chains),
      };
    });
}

/** The largest first; equally large ones by name. */
function sorted<T extends { thing: Thing; amount: { bytes: number } }>(things: T[]): T[] {
  return things.sort((a, b) => b.amount.bytes - a.amount.bytes || (a.thing.name < b.thing.name ? -1 : 1));
}

/** The interpreter, its loader, and all libraries that it is linked with: nothing runs without them. */
function essentials({ keep: { kept }, executable }: Contents): Set<string> {
  const isLoad = ({ rule, kind }: Reason) => rule === 'elf' && (kind === 'needed' || kind === 'loader');
  const children = new Map<string, string[]>();
  for (const [path, { reasons }] of Object.entries(kept)) {
    for (const parent of reasons.filter(isLoad).flatMap(({ parents }) => parents)) push(children, parent, path);
  }
  const essential = new Set([executable]);
  for (const path of essential) for (const child of children.get(path) ?? []) essential.add(child);
  return essential;
}

/**
 * Kept paths outside of a thing that lead into it: first the app's own code, then those with the strongest reasons. That a
 * process used it says nothing about who needs it.
 */
function neededBy(items: readonly Item[], { keep: { kept } }: Contents): string[] {
  const inside = new Set(items.map(({ path }) => path));
  const found = new Map<string, number>();
  for (const { path } of items) {
    for (const reason of kept[path]?.reasons ?? []) {
      if (reason.rule === 'observed') continue;
      const rank = rankOf(reason);
      for (const parent of reason.parents) {
        if (!inside.has(parent) && kept[parent] && kept[parent].type !== 'd') found.set(parent, Math.min(found.get(parent) ?? rank, rank));
      }
    }
  }
  const isOwn = (path: string) => (kept[path]?.reasons.some(({ rule, kind }) => rule === 'python' && kind === 'own-code') ? 0 : 1);
  return [...found].sort(([a, rankA], [b, rankB]) => isOwn(a) - isOwn(b) || rankA - rankB || (a < b ? -1 : 1)).map(([path]) => path);
}

/** Folders with data about a distribution or a package. Why they are kept says little about why it is. */
const ABOUT = /\.(dist|egg)-info(\/|$)|^\/usr\/share\/doc\/|^\/var\/lib\/dpkg\//;

/**
 * The chain that explains a thing best: one to the app's own code, or to a program that can't start without it,
 * goes before one to anything else, then the shortest, then
 * the one with the strongest first reason.
 */
export function explaining(items: readonly Item[], chains: Chains): LargeKept['chain'] {
  let best: { chain: LargeKept['chain']; worth: readonly number[] } | undefined;
  for (const { path, isFile } of items) {
    const chain = chains.of(path);
    if (chain.length === 0) continue;
    const [rule, kind] = (chain[0]?.reason ?? '').split('/') as [RuleName, Reason['kind']];
    const worth = [isFile && !ABOUT.test(path) ? 0 : 1, endsWell(chain) ? 0 : 1, chain.length, rankOf({ rule, kind })];
    if (!best || isLess(worth, best.worth)) best = { chain, worth };
  }
  return best?.chain ?? [];
}

/** Whether a chain ends at the app's own code, or at what the configuration runs and what can't start without it. */
function endsWell(chain: readonly Link[]): boolean {
  const [last, before] = [chain.at(-1)?.reason ?? '', chain.at(-2)?.reason ?? ''];
  return last === 'python/own-code' || (/^(entrypoint|user)\//.test(last) && isToStart({ rule: before.split('/')[0] as RuleName }));
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] as number) < (b[at] as number);
}

/** The largest things that are left out, each with why most of it is. @param folding over all paths that are left out */
export function largestCuts(contents: Contents, folding: Folding): LeftOut[] {
  const omitted = contents.items.filter((item) => !item.kept);
  return sorted(byThing(contents, omitted).map((one) => ({ ...one, amount: amountOf(one.items) })))
    .slice(0, SHOWN)
    .map(({ thing, items, amount }) => ({
      ...thing,
      omitted: amount,
      text: mainReason(items, contents),
      include: folding.options('--include', items).text,
    }));
}

/** What code names and no run used, and what is left out only since it is expensive. @param folding as of largestCuts */
export function nearlyKept(contents: Contents, folding: Folding): LeftOut[] {
  const { omissions, omitted } = contents.keep;
  const groups = new Map<number, Item[]>();
  for (const item of contents.items) {
    if (item.kept) continue;
    const because = omitted[item.path]?.because ?? -1;
    if (omissions[because]?.kind !== 'costly') continue;
    push(groups, because, item);
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
      include: folding.options('--include', items).text,
    }));
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
