import type { Rule } from './rule.js';

/** What an earlier comparison missed in the shrunk image: each stands for a rule that should have known. */
export const repairRule: Rule = {
  name: 'repair',
  begin: ({ trace }) => trace.repairs.map(({ path, because }) => ({ path, rule: 'repair', parents: [], detail: because })),
};
