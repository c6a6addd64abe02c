import type { Rule } from './rule.js';

/** What an earlier comparison missed in the shrunk image. Each repair is a case that another rule should have found. */
export const repairRule: Rule = {
  name: 'repair',
  begin: ({ trace }) => trace.repairs.map((repair) => ({ rule: 'repair', parents: [], ...repair })),
};
