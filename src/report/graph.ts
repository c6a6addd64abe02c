import type { KeepReport } from '../workspace/keepreport.js';

/**
 * Which kept paths hang on which. A reason holds while all its parents are kept; a path is kept while one of its reasons
 * holds. keep.json has at most eight reasons of a path, so a path with so many may hang on still others.
 */
export class KeptGraph {
  private readonly paths: readonly string[];
  private readonly index: ReadonlyMap<string, number>;
  /** For each reason: the path that it keeps, and how many parents it has. */
  private readonly keeps: number[] = [];
  private readonly parents: number[] = [];
  /** For each path: the reasons that it is a parent of. */
  private readonly leads: number[][];
  private readonly all: Uint8Array;

  constructor(kept: KeepReport['kept']) {
    this.paths = Object.keys(kept);
    this.index = new Map(this.paths.map((path, index) => [path, index]));
    this.leads = this.paths.map(() => []);
    for (const [index, path] of this.paths.entries()) {
      for (const { parents } of kept[path]?.reasons ?? []) {
        const known = [...new Set(parents.flatMap((parent) => this.index.get(parent) ?? []))];
        const reason = this.keeps.push(index) - 1;
        this.parents.push(known.length);
        for (const parent of known) this.leads[parent]?.push(reason);
      }
    }
    this.all = this.live(new Set());
  }

  /** The paths that go when some are left out: these, and all that is kept only because of them. */
  goneWith(paths: Iterable<string>): Set<string> {
    const without = new Set([...paths].flatMap((path) => this.index.get(path) ?? []));
    const left = this.live(without);
    const gone = new Set<string>();
    for (const [index, path] of this.paths.entries()) {
      // What only a circle of reasons keeps is in neither.
      if (without.has(index) || (this.all[index] === 1 && left[index] === 0)) gone.add(path);
    }
    return gone;
  }

  /** The kept paths that a path leads to directly. */
  ledTo(path: string): string[] {
    const index = this.index.get(path);
    const reasons = index === undefined ? [] : (this.leads[index] ?? []);
    return [...new Set(reasons.map((reason) => this.paths[this.keeps[reason] as number] as string))];
  }

  /** 1 for each path that a reason keeps, from those that are kept for their own sake on. */
  private live(without: ReadonlySet<number>): Uint8Array {
    const live = new Uint8Array(this.paths.length);
    const open = Int32Array.from(this.parents);
    const next: number[] = [];
    const keep = (reason: number) => {
      const path = this.keeps[reason] as number;
      if (live[path] === 1 || without.has(path)) return;
      live[path] = 1;
      next.push(path);
    };
    for (const [reason, count] of open.entries()) if (count === 0) keep(reason);
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      for (const reason of this.leads[path] as number[]) {
        open[reason] = (open[reason] as number) - 1;
        if (open[reason] === 0) keep(reason);
      }
    }
    return live;
  }
}
