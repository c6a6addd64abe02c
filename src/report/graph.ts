import type { KeepReport } from '../workspace/keepreport.js';

/**
 * Which kept paths hang on which. A reason holds while all its parents are kept; a path is kept while one of its reasons
 * holds. keep.json has at most eight reasons of a path, so a path with so many may hang on still others.
 */
export class KeptGraph {
  private readonly paths: readonly string[];
  private readonly index: ReadonlyMap<string, number>;
  /** For each reason: the path that it keeps, and its parents. */
  private readonly keeps: number[] = [];
  private readonly parents: (readonly number[])[] = [];
  /** For each path: its reasons, and the reasons that it is a parent of. */
  private readonly reasons: readonly number[][];
  private readonly leads: readonly number[][];
  /** 1 for each path that a reason keeps, from those that are kept for their own sake on. What only a circle of reasons keeps is not. */
  private readonly live: Uint8Array;

  constructor(kept: KeepReport['kept']) {
    this.paths = Object.keys(kept);
    this.index = new Map(this.paths.map((path, index) => [path, index]));
    this.leads = this.paths.map(() => []);
    this.reasons = this.paths.map(() => []);
    for (const [index, path] of this.paths.entries()) {
      for (const { parents } of kept[path]?.reasons ?? []) {
        const known = [...new Set(parents.flatMap((parent) => this.index.get(parent) ?? []))];
        const reason = this.keeps.push(index) - 1;
        this.parents.push(known);
        this.reasons[index]?.push(reason);
        for (const parent of known) this.leads[parent]?.push(reason);
      }
    }
    this.live = new Uint8Array(this.paths.length);
    for (const path of this.keptAmong(this.paths.keys(), () => false)) this.live[path] = 1;
  }

  /**
   * The paths that go when some are left out: these, and all that is kept only because of them. The work grows with what hangs
   * on these paths, not with the image: first all that may go is taken (as DRed does: Gupta, Mumick, Subrahmanian, "Maintaining
   * Views Incrementally", 1993), then what other reasons keep is given back.
   */
  goneWith(paths: Iterable<string>): Set<string> {
    const without = new Set([...paths].flatMap((path) => this.index.get(path) ?? []));
    const open = new Set(without);
    for (const path of open) {
      for (const reason of this.leads[path] as number[]) {
        const next = this.keeps[reason] as number;
        if (this.live[next] === 1) open.add(next);
      }
    }
    const others = [...open].filter((path) => !without.has(path));
    for (const path of this.keptAmong(others, (parent) => this.live[parent] === 1 && !open.has(parent))) open.delete(path);
    return new Set([...open].sort((a, b) => a - b).map((path) => this.paths[path] as string));
  }

  /** The kept paths that a path leads to directly. */
  ledTo(path: string): string[] {
    const index = this.index.get(path);
    const reasons = index === undefined ? [] : (this.leads[index] ?? []);
    return [...new Set(reasons.map((reason) => this.paths[this.keeps[reason] as number] as string))];
  }

  /**
   * Those of some paths that a reason keeps: one without parents, or one whose parents are all kept.
   * @param isKept whether a path is kept anyway
   */
  private keptAmong(paths: Iterable<number>, isKept: (path: number) => boolean): Set<number> {
    const found = new Set<number>();
    /** Reason → how many of its parents are not kept yet. */
    const missing = new Map<number, number>();
    for (const path of paths) {
      for (const reason of this.reasons[path] as number[]) {
        const count = (this.parents[reason] as number[]).filter((parent) => !isKept(parent)).length;
        missing.set(reason, count);
        if (count === 0) found.add(path);
      }
    }
    // What is added while the loop runs comes later in it.
    for (const path of found) {
      for (const reason of this.leads[path] as number[]) {
        const count = missing.get(reason);
        if (count === undefined) continue;
        missing.set(reason, count - 1);
        if (count === 1) found.add(this.keeps[reason] as number);
      }
    }
    return found;
  }
}
