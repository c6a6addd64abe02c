import type { Reason } from '../keep/reason.js';
import type { KeepReport } from '../workspace/keepreport.js';
import { describeReason } from './words.js';

/** A program that the shrunk image can run. */
export interface Program {
  path: string;
  /** Bytes of the file. */
  size: number;
  /** Bytes that would go with it: its own, and those of what nothing else needs. */
  brings: number;
  /** Why it is kept, and by whom: the path that led to it, where there is one. */
  because: string;
  by?: string;
}

/** Every program of the shrunk image, the most expensive first. */
export function programsIn({ kept }: KeepReport): Program[] {
  const children = childrenOf(kept);
  return Object.entries(kept)
    .flatMap(([path, { program, size, reasons }]): Program[] => {
      if (!program) return [];
      const reason = reasons[0] as Reason;
      const [by] = reason.parents;
      return [{ path, size, brings: bytesWith(path, kept, children), because: describeReason(reason), ...(by !== undefined && { by }) }];
    })
    .sort((a, b) => b.brings - a.brings || (a.path < b.path ? -1 : 1));
}

/** Path → the paths that are kept because of it. */
function childrenOf(kept: KeepReport['kept']): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const [path, { reasons }] of Object.entries(kept)) {
    for (const parent of new Set(reasons.flatMap(({ parents }) => parents))) {
      const known = children.get(parent);
      if (known) known.push(path);
      else children.set(parent, [path]);
    }
  }
  return children;
}

/** Bytes of a path and of all that is kept only because of it. */
function bytesWith(path: string, kept: KeepReport['kept'], children: ReadonlyMap<string, readonly string[]>): number {
  const gone = new Set([path]);
  const hangsOnGone = ({ parents }: Reason) => parents.some((parent) => gone.has(parent));
  for (const at of gone) {
    for (const child of children.get(at) ?? []) if (kept[child]?.reasons.every(hangsOnGone)) gone.add(child);
  }
  return [...gone].reduce((sum, one) => sum + (kept[one]?.size ?? 0), 0);
}
