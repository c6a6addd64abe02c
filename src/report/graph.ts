import type { KeepReport } from '../workspace/keepreport.js';

/** Lists of numbers in one array: list `i` goes from `starts[i]` to before `starts[i + 1]`. */
interface Lists {
  starts: Int32Array;
  items: Int32Array;
}

/** How far a path is while it is found out what goes: nothing is known, it is left out, it may go, or another reason keeps it. */
const [UNTOUCHED, LEFT_OUT, MAY_GO, STAYS] = [0, 1, 2, 3];

/**
 * Which kept paths hang on which. A reason holds while all its parents are kept; a path is kept while one of its reasons
 * holds. keep.json has at most eight reasons of a path, so a path with so many may hang on still others.
 */
export class KeptGraph {
  private readonly paths: readonly string[];
  private readonly index: ReadonlyMap<string, number>;
  private readonly sizes: Float64Array;
  /** For each reason: the path that it keeps. The reasons of a path follow each other. */
  private readonly keeps: Int32Array;
  /** For each path: its first reason; one more at the end. */
  private readonly firstReason: Int32Array;
  /** For each reason: its parents. For each path: the reasons that it is a parent of. */
  private readonly parents: Lists;
  private readonly leads: Lists;
  /** 1 for each path that a reason keeps, from those that are kept for their own sake on. What only a circle of reasons keeps is not. */
  private readonly live: Uint8Array;
  /** Work space of one question: a mark for each path, all UNTOUCHED between questions, and the parents that a reason still lacks. */
  private readonly marks: Uint8Array;
  private readonly missing: Int32Array;

  constructor(kept: KeepReport['kept']) {
    this.paths = Object.keys(kept);
    const index = new Map(this.paths.map((path, at) => [path, at]));
    this.index = index;
    this.sizes = Float64Array.from(this.paths, (path) => kept[path]?.size ?? 0);
    this.firstReason = new Int32Array(this.paths.length + 1);
    const [keeps, parents]: [number[], number[][]] = [[], []];
    for (const [at, path] of this.paths.entries()) {
      this.firstReason[at] = keeps.length;
      for (const reason of kept[path]?.reasons ?? []) {
        keeps.push(at);
        parents.push([...new Set(reason.parents.flatMap((parent) => index.get(parent) ?? []))]);
      }
    }
    this.firstReason[this.paths.length] = keeps.length;
    this.keeps = Int32Array.from(keeps);
    this.parents = listsOf(parents);
    const leads: number[][] = this.paths.map(() => []);
    for (const [reason, known] of parents.entries()) for (const parent of known) leads[parent]?.push(reason);
    this.leads = listsOf(leads);
    this.live = new Uint8Array(this.paths.length);
    this.marks = new Uint8Array(this.paths.length);
    this.missing = new Int32Array(keeps.length);
    const all = this.paths.map((_, at) => at);
    this.marks.fill(MAY_GO);
    this.giveBack(all);
    for (const at of all) this.live[at] = this.marks[at] === STAYS ? 1 : 0;
    this.marks.fill(UNTOUCHED);
  }

  /**
   * The paths that go when some are left out: these, and all that is kept only because of them. The work grows with what hangs
   * on these paths, not with the image: first all that may go is taken (as DRed does: Gupta, Mumick, Subrahmanian, "Maintaining
   * Views Incrementally", 1993), then what other reasons keep is given back.
   */
  goneWith(paths: Iterable<string>): Set<string> {
    return new Set(this.gone(paths).map((at) => this.paths[at] as string));
  }

  /** Bytes of a path with all that goes with it. */
  bytesWith(path: string): number {
    return this.gone([path]).reduce((sum, at) => sum + (this.sizes[at] as number), 0);
  }

  /** The kept paths that a path leads to directly. */
  ledTo(path: string): string[] {
    const at = this.index.get(path);
    if (at === undefined) return [];
    const { starts, items } = this.leads;
    const reasons = items.subarray(starts[at], starts[at + 1]);
    return [...new Set(Array.from(reasons, (reason) => this.paths[this.keeps[reason] as number] as string))];
  }

  private gone(paths: Iterable<string>): number[] {
    const { marks, live, keeps } = this;
    const { starts, items } = this.leads;
    const open: number[] = [];
    for (const path of paths) {
      const at = this.index.get(path);
      if (at === undefined || marks[at] === LEFT_OUT) continue;
      marks[at] = LEFT_OUT;
      open.push(at);
    }
    const leftOut = open.length;
    // What is added while the loop runs comes later in it.
    for (const at of open) {
      for (let lead = starts[at] as number; lead < (starts[at + 1] as number); lead++) {
        const next = keeps[items[lead] as number] as number;
        if (live[next] === 0 || marks[next] !== UNTOUCHED) continue;
        marks[next] = MAY_GO;
        open.push(next);
      }
    }
    this.giveBack(open.slice(leftOut));
    const gone = open.filter((at) => marks[at] !== STAYS).sort((a, b) => a - b);
    for (const at of open) marks[at] = UNTOUCHED;
    return gone;
  }

  /** Marks as staying those of some paths that a reason keeps: one without parents, or one whose parents all stay or were not touched. */
  private giveBack(mayGo: readonly number[]): void {
    const { marks, live, keeps, missing, firstReason } = this;
    const { starts, items } = this.parents;
    const found: number[] = [];
    const keep = (at: number) => {
      if (marks[at] !== MAY_GO) return;
      marks[at] = STAYS;
      found.push(at);
    };
    // All are counted before any is kept: each that is kept then counts down.
    const ready: number[] = [];
    for (const at of mayGo) {
      for (let reason = firstReason[at] as number; reason < (firstReason[at + 1] as number); reason++) {
        let count = 0;
        for (let place = starts[reason] as number; place < (starts[reason + 1] as number); place++) {
          const parent = items[place] as number;
          if (marks[parent] !== UNTOUCHED || live[parent] === 0) count++;
        }
        missing[reason] = count;
        if (count === 0) ready.push(at);
      }
    }
    for (const at of ready) keep(at);
    for (const at of found) {
      for (let lead = this.leads.starts[at] as number; lead < (this.leads.starts[at + 1] as number); lead++) {
        const reason = this.leads.items[lead] as number;
        const next = keeps[reason] as number;
        if (marks[next] !== MAY_GO) continue;
        missing[reason] = (missing[reason] as number) - 1;
        if (missing[reason] === 0) keep(next);
      }
    }
  }
}

function listsOf(lists: readonly (readonly number[])[]): Lists {
  const starts = new Int32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) starts[index + 1] = (starts[index] as number) + list.length;
  return { starts, items: Int32Array.from(lists.flat()) };
}
