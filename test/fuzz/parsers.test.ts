import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fuzz, Random } from '../support/fuzz.js';
import { TARGETS } from '../support/fuzztargets.js';

/** bench/fuzz.ts has ten times as many. */
const COUNT = 1000;
/** Seconds that no input takes, even on a busy computer. bench/fuzz.ts allows one. */
const HANG = 20;
const CORPUS = new URL('corpus/', import.meta.url).pathname;

it.each(TARGETS.map((one) => [one.name, one] as const))('hostile inputs for %s: no crash and no hang', async (_, one) => {
  expect(await fuzz(one, 1, COUNT, HANG)).toEqual([]);
});

it('makes the same input from the same seed', () => {
  for (const one of TARGETS) expect(one.make(new Random(7))).toEqual(one.make(new Random(7)));
});

it('reads what was once a find', async () => {
  const found = readdirSync(CORPUS).filter((name) => name.endsWith('.json'));
  for (const name of found) {
    const { target, input } = JSON.parse(readFileSync(CORPUS + name, 'utf8')) as { target: string; input: unknown };
    const one = TARGETS.find((candidate) => candidate.name === target);
    if (!one) throw new Error(`${name} is of no parser: ${target}`);
    expect(await fuzz({ ...one, make: () => input }, 1, 1, HANG), name).toEqual([]);
  }
});
