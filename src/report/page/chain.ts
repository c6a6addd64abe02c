import type { PageReason } from '../pagemodel.js';

/** What chains are made of: the columns of the page's data. */
export interface Reasons {
  /** By path: indexes into `reasons`. */
  of: readonly (readonly number[])[];
  reasons: readonly PageReason[];
}

/** A path, and why it is kept: for the next link's path, or, at the end, for its own sake. */
export interface ChainLink {
  path: number;
  reason: PageReason;
}

/** The reason of the app's own code, where a chain ends best. */
const OWN_CODE = 'python/own-code';
/** Reasons of what the configuration or the user names. No chain goes through it. */
const ASKED = /^(entrypoint|user)\//;
/** Reasons of what their parent can't start without. By these, a chain also ends at what the configuration or the user names. */
const TO_START = /^(elf|scripts|links)\//;

/**
 * The shortest chain of reasons from a kept path to the app's own code, or else to a path that is kept for its own sake. It
 * begins with the given reason, where there is one. Empty for what is left out.
 *
 * It is the chain that `pyshrink why` shows.
 */
export function chainFrom({ of, reasons }: Reasons, path: number, first?: PageReason): ChainLink[] {
  interface Place extends ChainLink {
    before: Place | null;
    length: number;
  }
  const keptReasons = (at: number) => (of[at] ?? []).flatMap((index) => (reasons[index]?.kept ? [reasons[index] as PageReason] : []));
  const askedFor = (found: readonly PageReason[]) =>
    found.some(({ reason }) => reason === OWN_CODE) ? undefined : found.find(({ reason }) => ASKED.test(reason));
  const asked = first ? undefined : askedFor(keptReasons(path));
  if (asked) return [{ path, reason: asked }];
  const queue: Place[] = (first ? [first] : keptReasons(path)).map((reason) => ({ path, reason, before: null, length: 1 }));
  const seen = new Set([path]);
  /** The end at the app's own code, or at what can't start without the path; and any other end. */
  let started: Place | undefined;
  let end: Place | undefined;
  for (let at = 0; at < queue.length; at++) {
    const place = queue[at] as Place;
    if (started && place.length > started.length) break;
    if (place.reason.reason === OWN_CODE) {
      started = place;
      break;
    }
    if (askedFor(keptReasons(place.path)) === place.reason && place.before) {
      started ??= place;
      continue;
    }
    const parents = place.reason.parents.filter((parent) => keptReasons(parent).length > 0);
    if (parents.length === 0) end ??= place;
    for (const parent of parents) {
      if (seen.has(parent)) continue;
      const found = keptReasons(parent);
      const last = askedFor(found);
      if (last && !TO_START.test(place.reason.reason)) {
        end ??= { path: parent, reason: last, before: place, length: place.length + 1 };
        continue;
      }
      seen.add(parent);
      if (last) queue.push({ path: parent, reason: last, before: place, length: place.length + 1 });
      else for (const reason of found) queue.push({ path: parent, reason, before: place, length: place.length + 1 });
    }
  }
  end = started ?? end ?? queue[0];
  const chain: ChainLink[] = [];
  for (let place: Place | null | undefined = end; place; place = place.before) chain.push({ path: place.path, reason: place.reason });
  return chain.reverse();
}
