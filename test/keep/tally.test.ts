import { expect, it } from 'vitest';
import type { Rule } from '../../src/keep/rule.js';
import { Tally } from '../../src/keep/tally.js';

const rule: Rule = { name: 'elf' };

it('counts what a rule adds, but not its notes, and returns both', async () => {
  const tally = new Tally();
  const found = await tally.run(rule, () => [{ path: '/a', rule: 'elf', kind: 'needed', parents: [] }, { note: 'x' }]);
  expect(found).toHaveLength(2);
  expect(await tally.run(rule, () => undefined)).toEqual([]);
  expect(await tally.run(rule, async () => [{ path: '/b', rule: 'elf', kind: 'loader', parents: [] }])).toHaveLength(1);
  expect(tally.lines()).toEqual([expect.stringMatching(/^elf: 2 additions in \d+ ms$/)]);
});
