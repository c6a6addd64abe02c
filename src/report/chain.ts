import type { Reason } from '../keep/reason.js';
import { ranked } from './strength.js';

/** Kept path → its reasons. */
export type Kept = Readonly<Record<string, { readonly reasons: readonly Reason[] }>>;

export interface Step {
  path: string;
  /** Why the path is kept: because of the next step's path, or for its own sake in the last step. */
  reason: Reason;
}

/**
 * The shortest chain of reasons from a path to the app's own code. Where no chain leads there, the shortest one to a path
 * that is kept for its own sake. What the configuration runs or the user asks for needs no chain, and no chain goes through it: all
 * that a run used hangs on the interpreter. A chain ends there as well as at the app's own code where that program can't start
 * without the path: the C library is there for the interpreter. Undefined for a path that is not kept.
 */
export function chainOf(kept: Kept, path: string): Step[] | undefined {
  const reasonsOf = (at: string) => (Object.hasOwn(kept, at) ? kept[at]?.reasons : undefined);
  const start = reasonsOf(path);
  if (!start) return undefined;
  const asked = askedFor(start);
  if (asked) return [{ path, reason: asked }];
  const queue: Step[][] = ranked(start).map((reason) => [{ path, reason }]);
  const seen = new Set([path]);
  /** To what can't start without the path, and to what else is kept for its own sake. */
  let started: Step[] | undefined;
  let other: Step[] | undefined;
  for (let chain = queue.shift(); chain; chain = queue.shift()) {
    const { path: at, reason } = chain.at(-1) as Step;
    if (started && chain.length > started.length) return started;
    if (isOwnCode(reason)) return chain;
    if (askedFor(reasonsOf(at) ?? []) === reason) {
      started ??= chain;
      continue;
    }
    const parents = reason.parents.filter((parent) => reasonsOf(parent));
    if (parents.length === 0) other ??= chain;
    for (const parent of parents) {
      if (seen.has(parent)) continue;
      const reasons = reasonsOf(parent) ?? [];
      const end = askedFor(reasons);
      if (end && !isToStart(reason)) {
        other ??= [...chain, { path: parent, reason: end }];
        continue;
      }
      seen.add(parent);
      if (end) queue.push([...chain, { path: parent, reason: end }]);
      else for (const next of ranked(reasons)) queue.push([...chain, { path: parent, reason: next }]);
    }
  }
  // Without an end, there are only circles: a directory is kept for a file that is kept for the directory.
  return started ?? other ?? [{ path, reason: start[0] as Reason }];
}

export function isOwnCode({ rule, kind }: Reason): boolean {
  return rule === 'python' && kind === 'own-code';
}

/** Whether a path is kept since its parent can't start without it: a library, an interpreter, a link. */
export function isToStart({ rule }: Pick<Reason, 'rule'>): boolean {
  return rule === 'elf' || rule === 'scripts' || rule === 'links';
}

/** The reason by which the configuration or the user names a path that is not the app's own code. */
export function askedFor(reasons: readonly Reason[]): Reason | undefined {
  return reasons.some(isOwnCode) ? undefined : reasons.find(({ rule }) => rule === 'entrypoint' || rule === 'user');
}
