import type { RootFs } from '../rootfs.js';

/** Why a path is kept: the rule, the kept paths that led to it, and a few words. */
export interface Reason {
  rule: string;
  parents: string[];
  detail: string;
}

/** A path that a rule adds; links on the way and parents come by themselves. */
export interface Addition extends Reason {
  /** Absolute; may lead through symbolic links. */
  path: string;
}

/** More would only make the report longer: the first ones are the closest. */
const REASONS_A_PATH = 8;

/** Path → reasons. Nothing is in it without a reason. */
export class KeepSet {
  readonly reasons = new Map<string, Reason[]>();
  /** Kept paths that no rule has looked at yet. */
  private readonly fresh: string[] = [];

  constructor(private readonly fs: RootFs) {}

  /** Adds a path with the links that lead to it. What is not in the image is passed over. */
  add({ path, rule, parents, detail }: Addition): void {
    const found = this.fs.resolve(path) ?? this.fs.resolve(path, false);
    if (!found) return;
    for (const link of found.links) this.put(link, { rule: 'links', parents, detail: `on the way to ${found.path}` });
    this.put(found.path, { rule, parents, detail });
  }

  has(path: string): boolean {
    return this.reasons.has(path);
  }

  /** Paths that were added since the last call. */
  takeFresh(): string[] {
    return this.fresh.splice(0);
  }

  /** Takes a path out again; only --exclude does. */
  delete(path: string): void {
    this.reasons.delete(path);
  }

  private put(path: string, reason: Reason): void {
    const known = this.reasons.get(path);
    if (!known) {
      this.reasons.set(path, [reason]);
      this.fresh.push(path);
    } else if (known.length < REASONS_A_PATH && !known.some((other) => other.rule === reason.rule && other.detail === reason.detail)) {
      known.push(reason);
    }
  }
}
