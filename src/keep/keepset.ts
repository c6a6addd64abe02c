import type { RootFs } from '../rootfs.js';
import { type Addition, type Reason, sameReason } from './reason.js';

/** The first reasons are the closest ones. More would only make the report longer. */
const REASONS_PER_PATH = 8;

/** Path → reasons. Every path in it has a reason. */
export class KeepSet {
  readonly reasons = new Map<string, Reason[]>();
  /** Sum of the sizes of all files that were added. Several names of one file count each. */
  bytes = 0;
  /** Kept paths that no rule has visited yet. */
  private readonly fresh: string[] = [];

  constructor(private readonly fs: RootFs) {}

  /** Adds a path and the links that lead to it. Ignores a path that the image does not have. */
  add({ path, ...reason }: Addition): void {
    const found = this.fs.resolve(path) ?? this.fs.resolve(path, false);
    if (!found) return;
    for (const link of found.links) this.put(link, { rule: 'links', kind: 'on-the-way', subject: found.path, parents: reason.parents });
    this.put(found.path, reason);
  }

  has(path: string): boolean {
    return this.reasons.has(path);
  }

  /** Paths that were added since the last call. */
  takeFresh(): string[] {
    return this.fresh.splice(0);
  }

  /** Removes a path again, as --exclude asks. */
  delete(path: string): void {
    this.reasons.delete(path);
  }

  private put(path: string, reason: Reason): void {
    const known = this.reasons.get(path);
    if (!known) {
      this.reasons.set(path, [reason]);
      this.fresh.push(path);
      const entry = this.fs.lstat(path);
      if (entry?.type === 'f') this.bytes += entry.size;
    } else if (known.length < REASONS_PER_PATH && !known.some((other) => sameReason(other, reason))) {
      known.push(reason);
    }
  }
}
