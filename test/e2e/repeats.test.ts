import { expect, it } from 'vitest';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import { describeWithEngine, leftovers } from '../support/engine.js';
import { ALONE, falseDifferences } from '../support/repeats.js';

/** Runs in all; bench/repeat.ts does two hundred. */
const RUNS = 20;

describeWithEngine('an original compared with itself', () => {
  it(`has no difference in ${RUNS} runs over the fixtures`, async () => {
    const engine = await DockerEngine.open();
    const session = await engine.openSession();
    const found: string[] = [];
    try {
      for (const [index, name] of ALONE.entries()) {
        const times = Math.floor(RUNS / ALONE.length) + (index < RUNS % ALONE.length ? 1 : 0);
        found.push(...(await falseDifferences(engine, session, name, times)));
      }
    } finally {
      await session.close();
    }
    expect(found).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });
});
