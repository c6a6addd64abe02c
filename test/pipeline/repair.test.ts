import { describe, expect, it } from 'vitest';
import type { Draft } from '../../src/pipeline/assemble.js';
import { assembleUntilPassed } from '../../src/pipeline/repair.js';
import type { Verdict } from '../../src/smoke/verdict.js';
import { SAME } from '../support/verdict.js';

const REPAIR = { path: '/x', kind: 'lookup' as const };
const bad: Verdict = { ...SAME, missing: ['/x'], repairs: [REPAIR] };

/** Runs the loop with the verdicts that its rounds give, the last one again and again, and counts what was done. */
async function loop(...verdicts: Verdict[]) {
  return looping(false, verdicts);
}

/** @param stripped whether debug information is left out of the images, until it is kept */
async function looping(stripped: boolean, verdicts: readonly Verdict[]) {
  const done: string[] = [];
  let round = 0;
  let keeps = !stripped;
  const result = await assembleUntilPassed({
    assemble: async () => {
      done.push('assemble');
      return { id: `image ${round}`, stripped: !keeps } as Draft;
    },
    check: async ({ id }) => {
      done.push(`check ${id}`);
      return (verdicts[Math.min(round++, verdicts.length - 1)] ?? SAME) as Verdict;
    },
    add: async (repairs) => {
      done.push(`add ${repairs.map(({ path }) => path).join()}`);
    },
    keepDebug: () => {
      done.push('keep');
      keeps = true;
    },
  });
  return { ...result, done };
}

describe('assembleUntilPassed', () => {
  it('assembles once when the first image passes', async () => {
    expect((await loop(SAME)).done).toEqual(['assemble', 'check image 0']);
  });

  it('adds repairs before it assembles again, and gives back the image that passed', async () => {
    const { draft, verdict, done } = await loop(bad, SAME);
    expect(done).toEqual(['assemble', 'check image 0', 'add /x', 'assemble', 'check image 1']);
    expect([draft.id, verdict]).toEqual(['image 1', SAME]);
  });

  it('stops where there is nothing to add', async () => {
    const { verdict, done } = await loop({ ...bad, repairs: [] });
    expect(done).toHaveLength(2);
    expect(verdict.missing).toEqual(['/x']);
  });

  it('keeps debug information where nothing is missing, once', async () => {
    const other: Verdict = { ...SAME, differences: [{ where: 'GET /', what: 'body', original: 'a', shrunk: 'b' }] };
    expect((await looping(true, [other, SAME])).done).toEqual(['assemble', 'check image 0', 'keep', 'assemble', 'check image 1']);
    expect((await looping(true, [other])).done.filter((what) => what === 'keep')).toHaveLength(1);
    expect((await looping(true, [bad, other, SAME])).done).toContain('keep');
    expect((await looping(false, [other])).done).not.toContain('keep');
    for (const key of ['missing', 'further', 'excluded', 'problems'] as const)
      expect((await looping(true, [{ ...other, [key]: ['/x'] }])).done).not.toContain('keep');
  });

  it('stops after five repairs', async () => {
    const { done } = await loop(bad);
    expect(done.filter((what) => what === 'add /x')).toHaveLength(5);
    expect(done.filter((what) => what === 'assemble')).toHaveLength(6);
  });
});
