import type { Repair } from '../trace/schema.js';
import type { SmokeResult } from './smoke.js';

/** What the comparison of a shrunk image with its original says. */
export interface Verdict
  extends Pick<SmokeResult, 'differences' | 'missing' | 'excluded' | 'further' | 'compared' | 'uncompared' | 'varied'> {
  /** What would not start. */
  problems: string[];
  /** Number of static checks. */
  checked: number;
  /** What the shrunk image looked for and did not find. Adding it may make it behave like the original. */
  repairs: Repair[];
}

/** `unproven`: no answer was compared, or a run of the original failed. It says nothing about the shrunk image, whatever the static checks say. */
export type Outcome = 'same' | 'different' | 'unproven';

export function conclusionOf({ problems, differences, missing, compared }: Verdict): Outcome {
  if (compared === 0) return 'unproven';
  return problems.length + differences.length + missing.length === 0 ? 'same' : 'different';
}

/** Whether the shrunk image is proven to behave like the original. */
export function passed(verdict: Verdict): boolean {
  return conclusionOf(verdict) === 'same';
}
