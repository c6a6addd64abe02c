import { expect, it } from 'vitest';
import type { Reason } from '../../src/keep/reason.js';
import { KeptGraph } from '../../src/report/graph.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';

/** Numbers that look random, the same for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

type Parents = Record<string, string[][]>;

function keptBy(graph: Parents): KeepReport['kept'] {
  return Object.fromEntries(
    Object.entries(graph).map(([path, reasons]) => [
      path,
      {
        type: 'f' as const,
        size: 1,
        layer: 'app' as const,
        reasons: reasons.map((parents): Reason => ({ rule: 'elf', kind: 'needed', parents })),
      },
    ]),
  );
}

it('takes along what is kept only because of a path, and leaves what has another reason', () => {
  const graph = new KeptGraph(keptBy({ '/a': [[]], '/b': [['/a']], '/c': [['/b'], []], '/d': [['/b'], ['/a']], '/e': [['/d', '/c']] }));
  expect([...graph.goneWith(['/b'])]).toEqual(['/b']);
  expect([...graph.goneWith(['/a'])].sort()).toEqual(['/a', '/b', '/d', '/e']);
  expect([...graph.goneWith(['/not/kept'])]).toEqual([]);
});

it('takes along a circle that hangs on a path', () => {
  const graph = new KeptGraph(keptBy({ '/a': [[]], '/b': [['/c'], ['/a']], '/c': [['/b']] }));
  expect([...graph.goneWith(['/a'])].sort()).toEqual(['/a', '/b', '/c']);
});

it('agrees with trying it out: what goes is what no chain reaches any more', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = generator(seed);
    const names = Array.from({ length: 2 + random(14) }, (_, index) => `/${index}`);
    const graph: Parents = Object.fromEntries(
      names.map((name) => [
        name,
        Array.from({ length: 1 + random(3) }, () =>
          random(4) === 0 ? [] : Array.from({ length: 1 + random(2) }, () => names[random(names.length)] as string),
        ),
      ]),
    );
    // Keeps adding paths while a reason of theirs holds.
    const reached = (without: string) => {
      const live = new Set<string>();
      for (let before = -1; before < live.size; ) {
        before = live.size;
        for (const name of names)
          if (name !== without && graph[name]?.some((parents) => parents.every((parent) => live.has(parent)))) live.add(name);
      }
      return live;
    };
    const all = reached('');
    const kept = new KeptGraph(keptBy(graph));
    for (const name of names) {
      const left = reached(name);
      const expected = names.filter((other) => other === name || (all.has(other) && !left.has(other)));
      expect([seed, name, [...kept.goneWith([name])]]).toEqual([seed, name, expected]);
      expect(kept.bytesWith(name)).toBe(expected.length);
    }
  }
});
