import type { Repair } from './repair.js';
import type { SmokeResult } from './smoke.js';

/** What the comparison of a shrunk image with its original says. */
export interface Verdict extends Pick<SmokeResult, 'differences' | 'missing' | 'compared'> {
  /** What would not even start. */
  problems: string[];
  /** Static checks that were made. */
  checked: number;
  /** What the shrunk image looked for in vain. Adding it may make it behave like the original. */
  repairs: Repair[];
}

export function passed({ problems, differences, missing }: Verdict): boolean {
  return problems.length + differences.length + missing.length === 0;
}
