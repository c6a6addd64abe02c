import { expect, it } from 'vitest';
import type { Reason } from '../../src/keep/keepset.js';
import { chainLines, chainOf, type Kept } from '../../src/report/why.js';

const kept: Kept = {
  '/app/app.py': [{ rule: 'python', parents: [], detail: "the app's own code" }],
  '/lib/a.py': [{ rule: 'python', parents: ['/app/app.py'], detail: 'imported at line 3 of app' }],
  '/lib/b.so': [
    { rule: 'elf', parents: ['/lib/c.so'], detail: 'a library it needs' },
    { rule: 'python', parents: ['/lib/a.py'], detail: 'imported at line 1 of a' },
  ],
  '/lib/c.so': [{ rule: 'elf', parents: ['/lib/b.so'], detail: 'a library it needs' }],
  '/lib': [{ rule: 'parents', parents: ['/lib/b.so'], detail: 'directory of a kept path' }],
};

it('the chain of a path leads to what is kept for its own sake, past circles', () => {
  expect(chainOf(kept, '/lib/c.so')?.map(({ path }) => path)).toEqual(['/lib/c.so', '/lib/b.so', '/lib/a.py', '/app/app.py']);
  expect(chainOf(kept, '/app/app.py')).toHaveLength(1);
  expect(chainOf(kept, '/lib/gone')).toBeUndefined();
});

it('a way to the app says more than having been seen', () => {
  const seen: Kept = {
    ...kept,
    '/lib/a.py': [
      { rule: 'python', parents: [], detail: 'imported while it was watched' },
      { rule: 'observed', parents: ['/bin/python'], detail: 'opened by python' },
      ...(kept['/lib/a.py'] as Reason[]),
    ],
    '/bin/python': [{ rule: 'entrypoint', parents: [], detail: '' }],
  };
  expect(chainOf(seen, '/lib/a.py')?.map(({ path }) => path)).toEqual(['/lib/a.py', '/app/app.py']);
  expect(chainOf(seen, '/bin/python')?.map(({ path }) => path)).toEqual(['/bin/python']);
});

it('a circle alone ends with its own reason', () => {
  const circle: Kept = { '/a': [{ rule: 'elf', parents: ['/b'], detail: '' }], '/b': [{ rule: 'elf', parents: ['/a'], detail: '' }] };
  expect(chainOf(circle, '/a')?.map(({ path }) => path)).toEqual(['/a']);
});

it('prints a step in two lines, each further in', () => {
  expect(chainLines(chainOf(kept, '/lib/a.py') ?? [])).toEqual([
    '/lib/a.py',
    '  [python] imported at line 3 of app',
    '  /app/app.py',
    "    [python] the app's own code",
  ]);
});
