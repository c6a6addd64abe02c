import { sourceOf } from '../trace/ranfiles.js';
import type { Observation, Trace } from '../trace/schema.js';
import type { Link } from './model.js';
import { chainTraced, strengthOf } from './whytraced.js';

/** Why paths were used, as far as a trace alone can say. */
export class UsedChains {
  /** Path → the strongest observation of it. */
  private readonly strongest = new Map<string, Observation>();

  constructor(private readonly trace: Trace) {
    for (const one of trace.observations) {
      const path = sourceOf(one.path);
      const known = this.strongest.get(path);
      if (!known || strengthOf(one) < strengthOf(known)) this.strongest.set(path, one);
    }
  }

  /** The chain of one of some paths: of the one with the strongest reason, and of equally strong ones the shortest chain. */
  ofAny(paths: readonly string[]): Link[] {
    let best: { chain: Link[]; strength: number } | undefined;
    for (const path of paths) {
      const seen = this.strongest.get(path);
      if (!seen) continue;
      const [strength, chain] = [strengthOf(seen), chainTraced(seen, this.trace).reverse()];
      if (!best || strength < best.strength || (strength === best.strength && chain.length < best.chain.length)) best = { chain, strength };
    }
    return best?.chain ?? [];
  }
}
