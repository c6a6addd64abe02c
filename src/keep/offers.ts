import { type Entry, push } from '../rootfs.js';
import { MOST_BYTES, type MostBytes, type Strength } from './data/costs.js';
import { KeepSet } from './keepset.js';
import { loadingRules } from './loading.js';
import type { Addition, Reason, RuleName } from './reason.js';
import type { Context, Offer } from './rule.js';

/** A path that is left out, since it costs more than its evidence is worth. */
export interface Costly {
  path: string;
  /** All paths that the evidence names: of a folder, what is in it, too. */
  paths: readonly string[];
  /** Bytes that it would bring with everything that it needs. */
  bytes: number;
  /** Who names it. */
  reason: Reason;
}

/** Rules by which a path is kept because another one needs it to be loaded. */
const LOADING: ReadonlySet<string> = new Set<RuleName>(['elf', 'links', 'scripts', 'system']);

/**
 * Paths that weak evidence names. Each is kept where the bytes that it brings are few: see {@link MOST_BYTES}. The rest is
 * reported. What was kept by an offer is weak evidence itself: what it runs or opens counts as a `name`.
 */
export class Offers {
  /** By the first path of the offer, without links. */
  private readonly open = new Map<string, Offer[]>();
  /** Paths that are kept only because of an offer. */
  private readonly bought = new Set<string>();
  /** What offers cost when they were counted last, and the bytes that were kept then. */
  private readonly counted = new Map<string, { cost: number; kept: number }>();

  constructor(
    private readonly context: Context,
    private readonly mostBytes: MostBytes = MOST_BYTES,
  ) {}

  add(offer: Offer): void {
    const path = this.real(offer.additions[0]);
    if (path !== undefined) push(this.open, path, offer);
  }

  /** What to keep now: the cheap offers, and those that are kept already, which only get further reasons. */
  async accept(keep: KeepSet): Promise<Addition[]> {
    const accepted = await this.acceptable(keep);
    if (accepted.some((addition) => !keep.has(this.real(addition) ?? addition.path))) return accepted;
    // A file may be kept before what it needs, which then costs nothing either. So what is left out in the end is counted again.
    this.counted.clear();
    return [...accepted, ...(await this.acceptable(keep))];
  }

  private async acceptable(keep: KeepSet): Promise<Addition[]> {
    const accepted: Addition[] = [];
    const weak = new Map<string, boolean>();
    for (const [path, offers] of this.open) {
      const additions = offers.flatMap((offer) => offer.additions);
      const isCall = offers.some((offer) => offer.offer === 'call' && this.isStrong(offer, keep, weak));
      const strength: Strength = isCall ? 'call' : 'name';
      if (await this.isAbove(this.mostBytes[strength], path, additions, keep)) continue;
      this.open.delete(path);
      for (const addition of additions) {
        const real = this.real(addition);
        if (real !== undefined && !keep.has(real)) this.bought.add(real);
      }
      accepted.push(...additions);
    }
    return accepted;
  }

  /** Whether an offer costs more. Counting is slow, and a cost hardly falls by more than the bytes that are kept since. */
  private async isAbove(most: number, path: string, additions: readonly Addition[], keep: KeepSet): Promise<boolean> {
    const before = this.counted.get(path);
    if (before && before.cost - (keep.bytes - before.kept) > most) return true;
    const { bytes, ofDistribution } = await costOf(additions, keep, this.context);
    // A program costs less once its distribution is kept, whatever that weighs.
    if (!ofDistribution) this.counted.set(path, { cost: bytes, kept: keep.bytes });
    return bytes > most;
  }

  /** Whether one of the paths that name what is offered is kept by more than an offer. @param weak what {@link isWeak} has found */
  private isStrong({ additions }: Offer, keep: KeepSet, weak: Map<string, boolean>): boolean {
    return additions.some(({ parents }) => parents.length === 0 || parents.some((path) => !this.isWeak(path, keep, weak)));
  }

  /** Whether a path is kept by an offer, or is only needed to load such a path. */
  private isWeak(path: string, keep: KeepSet, weak: Map<string, boolean>): boolean {
    const known = weak.get(path);
    if (known !== undefined) return known;
    weak.set(path, true); // libraries may need each other
    const reasons = keep.reasons.get(path) ?? [];
    const isLoaded = reasons.every(
      ({ rule, parents }) => LOADING.has(rule) && parents.length > 0 && parents.every((by) => this.isWeak(by, keep, weak)),
    );
    const found = this.bought.has(path) || (reasons.length > 0 && isLoaded);
    weak.set(path, found);
    return found;
  }

  /** What was not accepted, the most expensive first. */
  async left(keep: KeepSet): Promise<Costly[]> {
    const costly: Costly[] = [];
    for (const [path, offers] of this.open) {
      const additions = offers.flatMap((offer) => offer.additions);
      const { path: _, ...reason } = additions[0] as Addition;
      const known = this.counted.get(path);
      const bytes = known?.kept === keep.bytes ? known.cost : (await costOf(additions, keep, this.context)).bytes;
      const paths = [...new Set(additions.flatMap((addition) => this.real(addition) ?? []))];
      costly.push({ path, paths, reason, bytes });
    }
    return costly.sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
  }

  private real(addition: Addition | undefined): string | undefined {
    return addition && this.context.fs.resolve(addition.path)?.path;
  }
}

/**
 * Bytes of what would be new: the paths with their closure of libraries, links, interpreters and data of the system. A program of a
 * distribution that is not kept costs the whole distribution.
 */
async function costOf(
  additions: readonly Addition[],
  keep: KeepSet,
  context: Context,
): Promise<{ bytes: number; ofDistribution: boolean }> {
  const { fs, python } = context;
  const closure = new KeepSet(fs);
  const rules = loadingRules(true);
  let ofDistribution = false;
  const isNew = ({ path }: Entry) => !keep.has(path);
  for (const addition of additions) {
    closure.add(addition);
    const owner = python?.distributions.ownerOf(fs.resolve(addition.path)?.path ?? '');
    const isProgram = addition.rule !== 'opens' && addition.kind !== 'library';
    const isKept = !isProgram || owner?.files.some((path) => path.endsWith('.py') && keep.has(path));
    if (isKept || !owner) continue;
    ofDistribution = true;
    for (const path of owner.files) closure.add({ ...addition, path });
  }
  const size = new Map<string, number>();
  for (let fresh = closure.takeFresh(); fresh.length > 0; fresh = closure.takeFresh()) {
    for (const entry of fresh.flatMap((path) => fs.lstat(path) ?? []).filter(isNew)) {
      // Several names of one file (hard links) cost one file.
      if (entry.type === 'f') size.set(entry.group ?? entry.path, entry.size);
      for (const rule of rules) {
        for (const finding of (await rule.visit?.(entry, context)) ?? []) if ('path' in finding) closure.add(finding);
      }
    }
  }
  return { bytes: [...size.values()].reduce((sum, bytes) => sum + bytes, 0), ofDistribution };
}
