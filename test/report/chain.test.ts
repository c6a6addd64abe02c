import { expect, it } from 'vitest';
import type { Reason } from '../../src/keep/reason.js';
import { chainLines, chainOf, type Kept } from '../../src/report/chain.js';

const needed = (parent: string): Reason => ({ rule: 'elf', kind: 'needed', parents: [parent] });
const imported = (parent: string, module: string, line: number): Reason => ({
  rule: 'python',
  kind: 'import',
  module,
  line,
  parents: [parent],
});
const because = (reasons: Record<string, Reason[]>): Kept =>
  Object.fromEntries(Object.entries(reasons).map(([path, found]) => [path, { reasons: found }]));

const REASONS: Record<string, Reason[]> = {
  '/app/app.py': [{ rule: 'python', kind: 'own-code', parents: [] }],
  '/lib/a.py': [imported('/app/app.py', 'app', 3)],
  '/lib/b.so': [needed('/lib/c.so'), imported('/lib/a.py', 'a', 1)],
  '/lib/c.so': [needed('/lib/b.so')],
  '/lib': [{ rule: 'parents', kind: 'directory', parents: ['/lib/b.so'] }],
};
const kept = because(REASONS);

it('the chain of a path leads to the code of the app, and leaves circles', () => {
  expect(chainOf(kept, '/lib/c.so')?.map(({ path }) => path)).toEqual(['/lib/c.so', '/lib/b.so', '/lib/a.py', '/app/app.py']);
  expect(chainOf(kept, '/app/app.py')).toHaveLength(1);
});

it.each(['/lib/gone', 'constructor', '__proto__'])('%s is not kept', (path) => {
  expect(chainOf(kept, path)).toBeUndefined();
});

it('prefers a chain to the code of the app over an observation', () => {
  const seen = because({
    ...REASONS,
    '/lib/a.py': [
      { rule: 'python', kind: 'imported', parents: [] },
      { rule: 'observed', kind: 'open', subject: 'python', parents: ['/bin/python'] },
      ...(REASONS['/lib/a.py'] as Reason[]),
    ],
    '/bin/python': [{ rule: 'entrypoint', kind: 'command', parents: [] }],
  });
  expect(chainOf(seen, '/lib/a.py')?.map(({ path }) => path)).toEqual(['/lib/a.py', '/app/app.py']);
  expect(chainOf(seen, '/bin/python')?.map(({ path }) => path)).toEqual(['/bin/python']);
});

it('a circle alone ends with the first reason', () => {
  const circle = because({ '/a': [needed('/b')], '/b': [needed('/a')] });
  expect(chainOf(circle, '/a')?.map(({ path }) => path)).toEqual(['/a']);
});

it('prints two lines for each step, with growing indentation', () => {
  expect(chainLines(chainOf(kept, '/lib/a.py') ?? [])).toEqual([
    '/lib/a.py',
    '  [python] imported at line 3 of app',
    '  /app/app.py',
    "    [python] the app's own code",
  ]);
});
