import { expect, it } from 'vitest';
import { KeepSet } from '../../src/keep/keepset.js';
import { ReasonSchema, sameReason } from '../../src/keep/reason.js';
import { makeTree } from '../support/tree.js';

const fs = makeTree({ '/usr/lib/a': 'x', '/lib': { link: 'usr/lib' }, '/gone': { link: '/nowhere' } });

it('keeps the links that lead to a path, and ignores paths that the image does not have', () => {
  const keep = new KeepSet(fs);
  keep.add({ path: '/lib/a', rule: 'observed', kind: 'open', subject: 'python3', parents: ['/bin/python3'] });
  keep.add({ path: '/lib/b', rule: 'observed', kind: 'open', parents: [] });
  keep.add({ path: '/gone', rule: 'observed', kind: 'lookup', parents: [] });
  expect([...keep.reasons]).toEqual([
    ['/lib', [{ rule: 'links', kind: 'on-the-way', subject: '/usr/lib/a', parents: ['/bin/python3'] }]],
    ['/usr/lib/a', [{ rule: 'observed', kind: 'open', subject: 'python3', parents: ['/bin/python3'] }]],
    ['/gone', [{ rule: 'observed', kind: 'lookup', parents: [] }]],
  ]);
  expect(keep.takeFresh()).toEqual(['/lib', '/usr/lib/a', '/gone']);
  expect(keep.takeFresh()).toEqual([]);
});

it('has each reason of a path once, whichever parents it has, and at most eight', () => {
  const keep = new KeepSet(fs);
  const add = (line: number, parent: string) =>
    keep.add({ path: '/usr/lib/a', rule: 'python', kind: 'import', module: 'app', line, parents: [parent] });
  add(1, '/a');
  add(1, '/b');
  expect(keep.reasons.get('/usr/lib/a')).toHaveLength(1);
  for (let line = 2; line < 20; line++) add(line, '/a');
  expect(keep.reasons.get('/usr/lib/a')).toHaveLength(8);
});

it('compares reasons by their facts', () => {
  const reason = { rule: 'python', kind: 'import', module: 'app', line: 1, parents: [] } as const;
  expect(sameReason({ ...reason, parents: [] }, { ...reason, parents: ['/x'] })).toBe(true);
  expect(sameReason({ ...reason, parents: [] }, { ...reason, parents: [], insteadOf: '/x.so' })).toBe(false);
});

it('refuses a kind of another rule, and unknown fields', () => {
  expect(ReasonSchema.safeParse({ rule: 'elf', kind: 'needed', parents: [] }).success).toBe(true);
  expect(ReasonSchema.safeParse({ rule: 'elf', kind: 'import', parents: [] }).success).toBe(false);
  expect(ReasonSchema.safeParse({ rule: 'elf', kind: 'needed', parents: [], detail: 'x' }).success).toBe(false);
});
