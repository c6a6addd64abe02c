import { describe, expect, it } from 'vitest';
import type { Reason } from '../../src/keep/reason.js';
import { chainOf, type Kept } from '../../src/report/chain.js';
import { Chains, linkOf } from '../../src/report/chains.js';
import { chainTree } from '../../src/report/why.js';

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

it('what the configuration runs needs no chain, and no chain goes through it', () => {
  const reasons = because({
    ...REASONS,
    '/bin/python': [
      { rule: 'scripts', kind: 'interpreter', parents: ['/bin/tool'] },
      { rule: 'entrypoint', kind: 'command', parents: [] },
    ],
    '/bin/tool': [imported('/app/app.py', 'app', 9)],
    '/lib/opened.so': [{ rule: 'observed', kind: 'open', subject: 'python', parents: ['/bin/python'] }],
    '/lib/both.so': [{ rule: 'observed', kind: 'open', subject: 'python', parents: ['/bin/python'] }, needed('/lib/b.so')],
  });
  const all = new Chains(reasons);
  for (const [path, expected] of [
    ['/bin/python', ['/bin/python']],
    ['/lib/opened.so', ['/lib/opened.so', '/bin/python']],
    ['/lib/both.so', ['/lib/both.so', '/lib/b.so', '/lib/a.py', '/app/app.py']],
  ] as const) {
    expect(chainOf(reasons, path)?.map((step) => step.path)).toEqual(expected);
    expect(all.of(path).map((link) => link.path)).toEqual(expected);
    expect(chainOf(reasons, path)?.at(-1)?.reason.kind).toBe(all.of(path).at(-1)?.reason.split('/')[1]);
  }
});

it('a library that the interpreter itself needs is there for it, and what it only opened is not', () => {
  const reasons = because({
    ...REASONS,
    '/bin/python': [{ rule: 'entrypoint', kind: 'command', parents: [] }],
    '/lib/libc.so': [{ rule: 'observed', kind: 'map', parents: ['/bin/python'] }, needed('/lib/b.so'), needed('/bin/python')],
    '/lib/libnss.so': [{ rule: 'system', kind: 'name-service', parents: ['/lib/libc.so'] }],
    // As far from the code of the app as from the interpreter, and a stronger reason leads to the code.
  });
  const all = new Chains(reasons);
  for (const [path, expected] of [
    ['/lib/libc.so', ['/lib/libc.so', '/bin/python']],
    ['/lib/libnss.so', ['/lib/libnss.so', '/lib/libc.so', '/bin/python']],
    ['/lib/b.so', ['/lib/b.so', '/lib/a.py', '/app/app.py']],
  ] as const) {
    expect(chainOf(reasons, path)?.map((step) => step.path)).toEqual(expected);
    expect(all.of(path).map((link) => link.path)).toEqual(expected);
  }
});

it('a circle alone ends with the first reason', () => {
  const circle = because({ '/a': [needed('/b')], '/b': [needed('/a')] });
  expect(chainOf(circle, '/a')?.map(({ path }) => path)).toEqual(['/a']);
});

it('prints a tree from the code of the app to the path, with file and line', () => {
  const links = (chainOf(kept, '/lib/b.so') ?? []).map((step) => linkOf(step, undefined)).reverse();
  expect(chainTree(links)).toEqual([
    '/app/app.py',
    "  [python] the app's own code",
    '└─ /lib/a.py',
    '     [python] imported at line 3 of app (/app/app.py:3)',
    '   └─ /lib/b.so',
    '        [python] imported at line 1 of a (/lib/a.py:1)',
  ]);
});

describe('the chains of all paths at once', () => {
  it('are as short as those of one path, and end at the same kind of path', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const graph = madeUpGraph(seed);
      const chains = new Chains(graph);
      for (const path of Object.keys(graph)) {
        const one = chainOf(graph, path) ?? [];
        const all = chains.of(path);
        const last = one.at(-1)?.reason;
        expect([seed, path, all.length, all.at(-1)?.reason]).toEqual([seed, path, one.length, `${last?.rule}/${last?.kind}`]);
        for (const [index, { parent }] of all.entries()) expect(parent).toBe(all[index + 1]?.path ?? null);
      }
    }
  });
});

/** A small graph of reasons: own code, paths that are kept for their own sake, and paths that others lead to, circles among them. */
function madeUpGraph(seed: number): Kept {
  let state = seed;
  const random = (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  const names = Array.from({ length: 3 + random(12) }, (_, index) => `/${index}`);
  return because(
    Object.fromEntries(
      names.map((name): [string, Reason[]] => {
        const kinds = Array.from({ length: 1 + random(3) }, () => random(6));
        return [
          name,
          kinds.map((kind): Reason => {
            if (kind === 0) return { rule: 'python', kind: 'own-code', parents: [] };
            if (kind === 1) return { rule: 'observed', kind: 'exec', parents: [] };
            if (kind === 2 && random(4) === 0) return { rule: 'entrypoint', kind: 'command', parents: [] };
            return needed(names[random(names.length)] as string);
          }),
        ];
      }),
    ),
  );
}

it('of equally short chains, the one with the strongest reason is shown', () => {
  const named: Reason = { rule: 'python', kind: 'string', subject: 'c', module: 'a', parents: ['/lib/a.py'] };
  const two = because({
    '/app/app.py': [{ rule: 'python', kind: 'own-code', parents: [] }],
    '/lib/a.py': [imported('/app/app.py', 'app', 3)],
    '/lib/b.py': [imported('/app/app.py', 'app', 4)],
    '/lib/c.py': [named, imported('/lib/b.py', 'b', 7)],
  });
  const expected = ['/lib/c.py', '/lib/b.py', '/app/app.py'];
  expect(chainOf(two, '/lib/c.py')?.map(({ path }) => path)).toEqual(expected);
  expect(new Chains(two).of('/lib/c.py').map(({ path }) => path)).toEqual(expected);
});
