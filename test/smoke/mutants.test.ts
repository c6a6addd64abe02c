import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../src/smoke/compare.js';
import { madeUp, SCENARIOS } from '../support/madeup.js';
import { mutantsOf, survivors } from '../support/mutants.js';

/** Seeds of made-up answers: of each, three or four runs are compared. */
const SEEDS = Array.from({ length: 150 }, (_, seed) => seed);
/**
 * Numbers from a wide range are nearly the same in three runs by chance, and the fourth is not near them. Seeds share their
 * first numbers, so such a number is in several kinds of answers. This is the part of all runs that may differ by it.
 */
const BY_CHANCE = 0.004;
let differing = 0;
const MUTATED = SEEDS.slice(0, 4);

describe.each(Object.keys(SCENARIOS))('%s', (name) => {
  it('is the same in each run, whatever varies', () => {
    const found = SEEDS.filter((seed) => {
      const [first, second, third, shrunk] = [0, 1, 3, 2].map((run) => madeUp(name, seed, run));
      if (!first || !second || !third || !shrunk) return true;
      // As where images are compared: two runs may agree by chance, so a third one is asked before a difference counts.
      return (
        compareAnswers([first, second], shrunk).differences.length > 0 &&
        compareAnswers([first, second, third], shrunk).differences.length > 0
      );
    });
    differing += found.length;
    expect(found.length, 'a kind that often differs').toBeLessThanOrEqual(SEEDS.length / 40);
  });

  it('differs when anything in it is damaged', () => {
    for (const seed of MUTATED) {
      const runs = [madeUp(name, seed, 0), madeUp(name, seed, 1)];
      expect(survivors(runs), `seed ${seed}`).toEqual([]);
      expect([...mutantsOf(madeUp(name, seed, 0))].length).toBeGreaterThan(10);
    }
  });
});

it('is seldom different by chance', () => {
  expect(differing / (SEEDS.length * Object.keys(SCENARIOS).length)).toBeLessThanOrEqual(BY_CHANCE);
});

describe('a comparison by one run', () => {
  it('sees all damage too', () => {
    for (const name of Object.keys(SCENARIOS)) expect(survivors([madeUp(name, 1, 0)]), name).toEqual([]);
  });

  it('accepts what does not vary, but for the current time', () => {
    for (const name of ['plain text', 'JSON that does not vary', 'an image that does not vary'])
      for (const seed of SEEDS) expect(compareAnswers([madeUp(name, seed, 0)], madeUp(name, seed, 1)).differences).toEqual([]);
  });
});
