import type { Reason } from '../keep/keepset.js';
import { OWN_CODE } from '../keep/python/own.js';

/** Path → reasons, as it was kept. */
export type Kept = Readonly<Record<string, readonly Reason[]>>;

export interface Step {
  path: string;
  /** Why it is kept: because of the next step's path, or of itself where it is the last. */
  reason: Reason;
}

/**
 * The shortest chain of reasons from a path to the app's own code; where none leads there, to whatever is kept for its
 * own sake. Undefined for what is not kept.
 */
export function chainOf(kept: Kept, path: string): Step[] | undefined {
  const start = kept[path];
  if (!start) return undefined;
  const queue: Step[][] = start.map((reason) => [{ path, reason }]);
  const seen = new Set([path]);
  let other: Step[] | undefined;
  for (let chain = queue.shift(); chain; chain = queue.shift()) {
    const { reason } = chain.at(-1) as Step;
    if (reason.detail === OWN_CODE) return chain;
    const parents = reason.parents.filter((parent) => kept[parent]);
    if (parents.length === 0) other ??= chain;
    for (const parent of parents) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      for (const next of kept[parent] as readonly Reason[]) queue.push([...chain, { path: parent, reason: next }]);
    }
  }
  // Only circles: parents that were kept for their children's sake.
  return other ?? [{ path, reason: start[0] as Reason }];
}

/** A chain in lines for people, from the path up to what it is kept for. */
export function chainLines(chain: readonly Step[]): string[] {
  return chain.flatMap(({ path, reason }, index) => {
    const indent = '  '.repeat(index);
    return [`${indent}${path}`, `${indent}  [${reason.rule}] ${reason.detail}`];
  });
}
