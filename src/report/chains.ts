import type { Reason } from '../keep/reason.js';
import { push } from '../rootfs.js';
import { askedFor, isOwnCode, isToStart, type Kept, type Step } from './chain.js';
import type { Link } from './model.js';
import { LOWEST, ranked, rankOf } from './strength.js';
import { describeReason } from './words.js';

/** The shortest chains of all kept paths at once: as chainOf finds them for one path. */
export class Chains {
  private readonly children: ReadonlyMap<string, readonly Child[]>;
  private readonly toOwnCode: ReadonlyMap<string, Step>;
  /** Made when it is needed: most paths lead to the app's own code. */
  private toAnyEnd: ReadonlyMap<string, Step> | undefined;

  constructor(private readonly kept: Kept) {
    this.children = childrenOf(kept);
    this.toOwnCode = nearest(
      kept,
      this.children,
      (reason, path) => isOwnCode(reason) || this.isAsked(path),
      (path) => this.isAsked(path),
    );
  }

  /** From a path to the app's own code, or else to what is kept for its own sake. Empty for a path that is not kept. */
  of(path: string): Link[] {
    const asked = askedFor(this.kept[path]?.reasons ?? []);
    if (asked) return [linkOf({ path, reason: asked }, undefined)];
    const steps = this.toOwnCode.has(path) ? this.toOwnCode : this.stepsToAnyEnd();
    const links: Link[] = [];
    const seen = new Set<string>();
    for (let at: string | undefined = path; at !== undefined && !seen.has(at); ) {
      seen.add(at);
      const step = steps.get(at);
      if (!step) break;
      const next: string | undefined = step.reason.parents.find((parent) => steps.has(parent) && !seen.has(parent));
      const isEnd: boolean = steps === this.toOwnCode ? isOwnCode(step.reason) || this.isAsked(at) : next === undefined;
      links.push(linkOf(step, isEnd ? undefined : next));
      at = isEnd ? undefined : next;
    }
    if (links.length > 0 || !Object.hasOwn(this.kept, path)) return links;
    // Without an end, there are only circles.
    const [reason] = this.kept[path]?.reasons ?? [];
    return reason ? [linkOf({ path, reason }, undefined)] : [];
  }

  private stepsToAnyEnd(): ReadonlyMap<string, Step> {
    const { kept, children } = this;
    this.toAnyEnd ??= nearest(kept, children, ({ parents }) => !parents.some((parent) => Object.hasOwn(kept, parent)));
    return this.toAnyEnd;
  }

  private isAsked(path: string): boolean {
    return askedFor(this.kept[path]?.reasons ?? []) !== undefined;
  }
}

/** A step of a chain as the report has it. @param parent the path that it leads to */
export function linkOf({ path, reason }: Step, parent: string | undefined): Link {
  const { rule, kind, module, line, parents, file: place } = reason;
  return {
    path,
    parent: parent ?? null,
    reason: `${rule}/${kind}`,
    text: describeReason(reason),
    // The code that names a path is in the file that led to it.
    file: place ?? (module === undefined && line === undefined ? null : (parents[0] ?? null)),
    line: line ?? null,
  };
}

/** A path that another one leads to. */
interface Child {
  step: Step;
  rank: number;
}

function childrenOf(kept: Kept): Map<string, Child[]> {
  const children = new Map<string, Child[]>();
  for (const path of Object.keys(kept)) {
    for (const reason of kept[path]?.reasons ?? []) {
      const child = { step: { path, reason }, rank: rankOf(reason) };
      for (const parent of reason.parents) push(children, parent, child);
    }
  }
  return children;
}

/**
 * For each path, the first step of its shortest chain to a path with a reason that is an end; of equally short ones, that
 * with the strongest reason. Breadth first, from the ends.
 * @param isGate whether a chain may end at a path only where it leads to what can't start otherwise
 */
function nearest(
  kept: Kept,
  children: ReadonlyMap<string, readonly Child[]>,
  isEnd: (reason: Reason, path: string) => boolean,
  isGate: (path: string) => boolean = () => false,
): Map<string, Step> {
  const steps = new Map<string, Step>();
  for (const path of Object.keys(kept)) {
    const reasons = kept[path]?.reasons ?? [];
    const asked = askedFor(reasons);
    const [reason] = asked ? [asked] : ranked(reasons.filter((one) => isEnd(one, path)));
    if (reason && isEnd(reason, path)) steps.set(path, { path, reason });
  }
  /** Paths whose chains end at a gate. One to another end goes before them. */
  const toGate = new Set([...steps.keys()].filter(isGate));
  let level: Iterable<string> = [...steps.keys()];
  for (;;) {
    const found = new Map<string, { step: Step; parent: string; worth: number }>();
    for (const parent of level) {
      for (const { step, rank } of children.get(parent) ?? []) {
        if (isGate(parent) && !isToStart(step.reason)) continue;
        const known = found.get(step.path);
        const worth = rank + (toGate.has(parent) ? LOWEST : 0);
        if (known ? worth < known.worth : !steps.has(step.path)) found.set(step.path, { step, parent, worth });
      }
    }
    if (found.size === 0) return steps;
    for (const [path, { step, parent }] of found) {
      steps.set(path, withFirst(step, parent));
      if (toGate.has(parent)) toGate.add(path);
    }
    level = found.keys();
  }
}

/** A step whose reason names first the parent that the chain goes on with. */
function withFirst({ path, reason }: Step, parent: string): Step {
  return reason.parents[0] === parent
    ? { path, reason }
    : { path, reason: { ...reason, parents: [parent, ...reason.parents.filter((other) => other !== parent)] } };
}
