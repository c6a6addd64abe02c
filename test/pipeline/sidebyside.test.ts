import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Sides, sideBySide } from '../../src/pipeline/sidebyside.js';

/** Work that ends when it is told to. */
function stage<T>(items: readonly T[], sides: Partial<Sides<T>>) {
  const ends = new Map<T, { resolve: (text: string) => void; reject: (error: Error) => void }>();
  const all = sideBySide(
    items,
    { jobs: items.length, clash: () => false, fits: () => true, ...sides },
    (item) => new Promise<string>((resolve, reject) => ends.set(item, { resolve, reject })),
  );
  const settled = async () => {
    await new Promise((go) => setImmediate(go));
    return [...ends.keys()];
  };
  const end = async (item: T) => {
    ends.get(item)?.resolve(`end of ${item}`);
    ends.delete(item);
    return settled();
  };
  const fail = (item: T) => ends.get(item)?.reject(new Error(`${item} fails`));
  return { all, running: settled, end, fail };
}

it('begins as many as it may, and returns the results in the order of the items', async () => {
  const { all, running, end } = stage(['a', 'b', 'c'], { jobs: 2 });
  expect(await running()).toEqual(['a', 'b']);
  expect(await end('b')).toEqual(['a', 'c']);
  await end('c');
  await end('a');
  expect(await all).toEqual(['end of a', 'end of b', 'end of c']);
  expect(await sideBySide([], { jobs: 2, clash: () => true, fits: () => false }, async () => 1)).toEqual([]);
});

it('what depends on an earlier one waits for it, and what does not goes on', async () => {
  const { all, running, end } = stage(['db-1', 'db-2', 'web', 'db-3'], {
    clash: (one, other) => one.startsWith('db') && other.startsWith('db'),
  });
  expect(await running()).toEqual(['db-1', 'web']);
  expect(await end('db-1')).toEqual(['web', 'db-2']);
  expect(await end('db-2')).toEqual(['web', 'db-3']);
  await end('web');
  await end('db-3');
  await all;
});

it('what does not fit waits; alone, it runs in any case', async () => {
  const fits = (one: number, running: readonly number[]) => running.reduce((sum, other) => sum + other, one) <= 4;
  const { all, running, end } = stage([3, 9, 1], { fits });
  expect(await running()).toEqual([3, 1]);
  expect(await end(3)).toEqual([1]);
  expect(await end(1)).toEqual([9]);
  await end(9);
  await all;
});

it('the first error ends it: what runs is left alone, and nothing else begins', async () => {
  const { all, running, end, fail } = stage(['a', 'b', 'c'], { jobs: 2 });
  await running();
  fail('a');
  await expect(all).rejects.toThrow('a fails');
  expect(await end('b')).not.toContain('c');
  const broken = () => {
    throw new Error('at once');
  };
  await expect(sideBySide([1], { jobs: 1, clash: () => false, fits: () => true }, broken)).rejects.toThrow('at once');
});

it('whatever clashes and fits, each is done once, and never with one that it clashes with', async () => {
  const item = fc.record({ group: fc.nat(3), need: fc.nat(5), turns: fc.nat(4) });
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), fc.nat(6), async (items, jobs, room) => {
      const running = new Set<(typeof items)[number]>();
      const began: number[] = [];
      const sides: Sides<(typeof items)[number]> = {
        jobs,
        clash: (one, other) => one.group > 0 && one.group === other.group,
        fits: (one, beside) => beside.reduce((sum, { need }) => sum + need, one.need) <= room,
      };
      const results = await sideBySide(items, sides, async (one, index) => {
        expect([...running].some((other) => sides.clash(one, other))).toBe(false);
        running.add(one);
        began.push(index);
        expect(running.size).toBeLessThanOrEqual(jobs);
        expect(running.size === 1 || [...running].reduce((sum, { need }) => sum + need, 0) <= room).toBe(true);
        for (let turn = 0; turn < one.turns; turn++) await Promise.resolve();
        running.delete(one);
        return index;
      });
      expect(results).toEqual(items.map((_, index) => index));
      for (let group = 1; group <= 3; group++) {
        const order = began.filter((index) => items[index]?.group === group);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
    }),
  );
});
