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
  /** From now on, files keep their debug information. */
  keepDebug: (verdict: Verdict) => void;
}

/**
 * Assembles and checks an image. Where it behaves differently, adds the repairs and starts again, a few times. Where nothing is
 * missing and debug information was left out, it may be that: then once more with it.
 */
export async function assembleUntilPassed({ assemble, check, add, keepDebug }: RepairSteps): Promise<{ draft: Draft; verdict: Verdict }> {
  for (let round = 0; ; round++) {
    const draft = await assemble();
    const verdict = await check(draft);
    if (passed(verdict) || round === ROUNDS) return { draft, verdict };
    if (verdict.repairs.length > 0) await add(verdict.repairs, verdict);
    else if (draft.stripped && onlyDiffers(verdict)) keepDebug(verdict);
    else return { draft, verdict };
  }
}

/** Whether answers differ though nothing that the shrunk image looked for is missing. */
function onlyDiffers({ differences, missing, further, excluded, problems }: Verdict): boolean {
  return differences.length > 0 && [missing, further, excluded, problems].every((all) => all.length === 0);
}
