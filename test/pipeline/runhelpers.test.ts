import { afterEach, beforeEach, expect, it } from 'vitest';
import { PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { Helper } from '../../src/guest/helper.js';
import type { Context } from '../../src/pipeline/context.js';
import { againOf, type Run } from '../../src/pipeline/material.js';
import { runHelpers } from '../../src/pipeline/runhelpers.js';
import { imageWith, ProcessSession } from '../guest/processsession.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';

const run: Run = {
  exercise: PLAIN_EXERCISE,
  watching: {},
  done: [],
  took: undefined,
  answers: [{ time: { start: 0, end: 1 }, steps: [], app: { stdout: '', stderr: '', cut: false, exit: 0 } }],
};

describeWithPython('runs that are done again', () => {
  let engine: ProcessSession;
  beforeEach(() => {
    engine = new ProcessSession();
  });
  afterEach(() => engine.close());

  it('each have a volume of their own, and the interpreter of the first one', async () => {
    const { session } = engine;
    const original = imageWith();
    const first = await Helper.start(session, original, PYTHONS[0] as string);
    const material = { context: { session } as Context, original, helperOf: runHelpers(session, original, [first]) };
    const helpers = await Promise.all([0, 1, 2, 1].map(async (index) => (await againOf(material, run, index, () => {})).helper));
    expect(helpers[0]).toBe(first);
    expect(helpers[3]).toBe(helpers[1]);
    expect(new Set(helpers.map(({ volume }) => volume)).size).toBe(3);
    expect(new Set(helpers.map(({ python }) => python.executable)).size).toBe(1);
  });

  it('go on with the helpers of their traces', async () => {
    const { session } = engine;
    const start = () => Helper.start(session, imageWith(), PYTHONS[0] as string);
    const [one, other] = [await start(), await start()];
    const helperOf = runHelpers(session, imageWith(), [one, other]);
    expect(await Promise.all([helperOf(0), helperOf(1)])).toEqual([one, other]);
    expect(engine.specs).toHaveLength(2);
  });
});
