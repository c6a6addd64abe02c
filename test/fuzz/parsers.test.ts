import { expect, it } from 'vitest';
import { type FuzzTarget, fuzz, Random } from '../support/fuzz.js';
import { TARGETS } from '../support/fuzztargets.js';

/** bench/fuzz.ts has ten times as many. */
const COUNT = 1000;
/** Seconds that no input takes, even on a busy computer. bench/fuzz.ts allows one. */
const HANG = 20;

it.each(TARGETS.map((one) => [one.name, one] as const))('hostile inputs for %s: no crash and no hang', async (_, one) => {
  expect(await fuzz(one, 1, COUNT, HANG)).toEqual([]);
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
