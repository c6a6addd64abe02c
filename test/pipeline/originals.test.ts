import { describe, expect, it } from 'vitest';
import { ExitCode, UserError, unprovenError, usageError } from '../../src/errors.js';
import type { Failing } from '../../src/pipeline/material.js';
import { OF_ORIGINAL, orFailing } from '../../src/pipeline/originals.js';

const ends = (error: unknown) => () => Promise.reject(error);
const interruption = new UserError('Interrupted.', 'x', ExitCode.interrupted);

describe('work for one of several runs', () => {
  it('gives its result, and marks nothing', async () => {
    const failing = new Map<number, Failing>();
    expect(await orFailing({ failing }, 1, () => Promise.resolve(5))).toBe(5);
    expect(failing.size).toBe(0);
  });

  it.each([
    ['a third run of the original that fails', unprovenError('The original fails.', 'Correct it.')],
    ['a reset that fails', usageError('The reset failed.', 'Correct it.')],
  ])('goes on after %s while images are compared, and says why', async (_, error) => {
    const failing = new Map<number, Failing>();
    expect(await orFailing({ failing }, 1, ends(error), OF_ORIGINAL)).toBeUndefined();
    expect([...failing]).toEqual([[1, { what: error.message, remedy: 'Correct it.' }]]);
  });

  it.each([
    ['an interruption', interruption, undefined],
    ['a defect', new TypeError('x'), undefined],
    ['an error of the engine while images are compared', new UserError('The daemon is gone.', 'Start it.'), OF_ORIGINAL],
  ])('ends with %s', async (_, error, codes) => {
    const failing = new Map<number, Failing>();
    await expect(orFailing({ failing }, 0, ends(error), codes)).rejects.toBe(error);
    expect(failing.size).toBe(0);
  });

  it('ends with every error where a run that fails ends everything', async () => {
    const error = unprovenError('The original fails.', 'x');
    await expect(orFailing({}, 0, ends(error), OF_ORIGINAL)).rejects.toBe(error);
  });
});
