import type { Repair } from '../trace/schema.js';
import type { SmokeResult } from './smoke.js';

/** What the comparison of a shrunk image with its original says. */
export interface Verdict extends Pick<SmokeResult, 'differences' | 'missing' | 'compared'> {
  /** What would not start. */
  problems: string[];
  /** Number of static checks. */
  checked: number;
  /** What the shrunk image looked for and did not find. Adding it may make it behave like the original. */
  repairs: Repair[];
}

/** Whether nothing differs and nothing is missing. */
export function passed({ problems, differences, missing }: Verdict): boolean {
  return problems.length + differences.length + missing.length === 0;
}
