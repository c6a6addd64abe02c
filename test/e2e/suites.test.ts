import { expect, it } from 'vitest';
import { compareSuite } from '../../bench/suites/suite.js';
import { describeWithEngine } from '../support/engine.js';

describeWithEngine('the test suites of libraries', () => {
  // bench/run.sh suites runs the others.
  it.each([['jinja2', 800]])('%s: no case is lost where the app only imports it', async (name, atLeast) => {
    const { passed, lost, after, before } = await compareSuite(name);
    expect(lost).toEqual([]);
    expect(passed).toBeGreaterThan(atLeast);
    expect(after).toBeLessThan(before / 4);
  });
});
