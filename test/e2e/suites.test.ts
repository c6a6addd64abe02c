import { expect, it } from 'vitest';
import { compareLibrary } from '../../bench/suites/library.js';
import { describeWithEngine } from '../support/engine.js';

describeWithEngine('the test suites of libraries', () => {
  // bench/run.sh suites runs the others.
  it.each([
    ['jinja2', 800],
    ['click', 1200],
  ])('%s: no case is lost where the app only imports it', async (name, atLeast) => {
    const { passed, lost, after, before } = await compareLibrary(name);
    expect(lost).toEqual([]);
    expect(passed).toBeGreaterThan(atLeast);
    expect(after).toBeLessThan(before / 4);
  });
});
