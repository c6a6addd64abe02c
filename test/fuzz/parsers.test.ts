import { expect, it } from 'vitest';
import { type FuzzTarget, fuzz, Random } from '../support/fuzz.js';
import { TARGETS } from '../support/fuzztargets.js';
import { growth } from '../support/memory.js';

/** bench/fuzz.ts has ten times as many. */
const COUNT = 1000;
/** Seconds that no input takes. bench/fuzz.ts allows one: here other tests run at the same time, and take turns with this one. */
const HANG = 20;
/** Megabytes by which no parser makes this process grow. bench/fuzz.ts has a process for each parser, and this for all of it. */
const MEGABYTES = 512;

it.each(TARGETS.map((one) => [one.name, one] as const))(
  'hostile inputs for %s: no crash, no hang, and no more than 512 MB',
  async (_, one) => {
    const grown = growth();
    expect(await fuzz(one, 1, COUNT, HANG)).toEqual([]);
    expect(grown()).toBeLessThan(MEGABYTES);
  },
);

it('sees memory that was used only for a moment', () => {
  const grown = growth();
  expect(Buffer.alloc(600 << 20, 1).length).toBe(600 << 20);
  expect(grown()).toBeGreaterThan(MEGABYTES);
});

it('makes the same input from the same seed', () => {
  for (const one of TARGETS) expect(one.make(new Random(7))).toEqual(one.make(new Random(7)));
});

/** Whether a parser takes an input. */
async function takes(one: FuzzTarget, seed: number): Promise<boolean> {
  try {
    await one.run(one.make(new Random(seed)));
    return true;
  } catch {
    return false;
  }
}

it.each(TARGETS.map((one) => [one.name, one] as const))(
  'some inputs for %s are well-formed enough to be read to the end',
  async (_, one) => {
    let taken = 0;
    for (let seed = 1; seed <= 100; seed++) if (await takes(one, seed)) taken++;
    expect(taken).toBeGreaterThan(0);
  },
);
