import type { Verdict } from '../../src/smoke/verdict.js';

/** The verdict on a shrunk image that behaves like its original. */
export const SAME: Verdict = {
  problems: [],
  differences: [],
  varied: [],
  missing: [],
  excluded: [],
  further: [],
  compared: 3,
  uncompared: [],
  checked: 10,
  repairs: [],
};
