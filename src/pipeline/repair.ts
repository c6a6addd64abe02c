import { passed, type Verdict } from '../smoke/verdict.js';
import type { Repair } from '../trace/schema.js';
import type { Draft } from './assemble.js';

/** Times that repairs are added, and the image is assembled anew. */
const ROUNDS = 5;

export interface RepairSteps {
  assemble: () => Promise<Draft>;
  check: (draft: Draft) => Promise<Verdict>;
  /** Adds what the shrunk image looked for and did not find, before it is assembled again. */
  add: (repairs: readonly Repair[], verdict: Verdict) => Promise<void>;
}

/** Assembles and checks an image. Where it behaves differently, adds the repairs and starts again, a few times. */
export async function assembleUntilPassed({ assemble, check, add }: RepairSteps): Promise<{ draft: Draft; verdict: Verdict }> {
  for (let round = 0; ; round++) {
    const draft = await assemble();
    const verdict = await check(draft);
    if (passed(verdict) || verdict.repairs.length === 0 || round === ROUNDS) return { draft, verdict };
    await add(verdict.repairs, verdict);
  }
}
