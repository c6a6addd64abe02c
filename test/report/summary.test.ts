import { describe, expect, it } from 'vitest';
import { type RunOutcome, type ShrinkSummary, shrinkLines, unsoundLine, untouchedLines } from '../../src/report/summary.js';
import type { Spot } from '../../src/trace/schema.js';
import { SAME } from '../support/verdict.js';

const own: Spot = { file: '/app/app.py', line: 7, kind: 'import', own: true };
const library: Spot = { file: '/usr/lib/python3/dist-packages/a.py', line: 1, kind: 'exec' };
const many = 'What they reach was seen only where it ran (pyshrink why --unsound lists them).';
const one = 'What it reaches was seen only where it ran (pyshrink why --unsound lists it).';

it.each([
  [[], []],
  [
    [own, library, own, library, library],
    [`5 places in 2 files compute what they import or execute: 2 in the app's own code, 3 in libraries. ${many}`],
  ],
  [[own], [`1 place in 1 file computes what it imports or executes: 1 in the app's own code, 0 in libraries. ${one}`]],
  [[library, library], [`2 places in 1 file compute what they import or execute: 0 in the app's own code, 2 in libraries. ${many}`]],
])('counts the places that reading cannot follow, the own first: %j', (spots, lines) => {
  expect(unsoundLine(spots as Spot[])).toEqual(lines);
});

describe('a shrink that proves nothing', () => {
  const run = (name: string, outcome: RunOutcome['outcome']): RunOutcome => ({
    name,
    outcome,
    compared: outcome === 'same' ? 1 : 0,
    differences: 0,
    failure: outcome === 'failed' ? { what: 'It ended.', remedy: 'Look.' } : null,
  });
  const linesOf = (...runs: RunOutcome[]) => {
    const summary = {
      image: null,
      target: 'app:small',
      passed: false,
      outcome: 'unproven',
      runs,
      budget: null,
      highlights: [],
      ratio: 1,
      seconds: 1,
      before: 1,
      after: 1,
      ...{ repairs: [], notes: [], warnings: [], unsound: [], verdict: SAME },
    };
    return shrinkLines('app', summary as unknown as ShrinkSummary);
  };
  const lastLine = (...runs: RunOutcome[]) => linesOf(...runs).at(-1);

  it('names the runs that failed, and only these', () => {
    const line = lastLine(run('web', 'failed'), run('quiet', 'unproven'), run('job', 'same'));
    expect(line).toContain('Correct the runs that failed: web.');
  });

  it('shows the last output of a run that failed line by line', () => {
    const failed = { ...run('web', 'failed'), failure: { what: 'The app ended. Last output:\nfirst\n second', remedy: 'Correct it.' } };
    const lines = linesOf(failed);
    const at = lines.indexOf('failed: web: The app ended. Last output:');
    expect(lines.slice(at + 1, at + 4)).toEqual(['  | first', '  |  second', '  Correct it.']);
  });

  it('shows what no step touched, at most ten lines of it', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `- http: /${index}`);
    const shown = untouchedLines({ what: 'routes', lines });
    expect([shown[0], shown[1], shown[10], shown.at(-1), shown.length]).toEqual([
      "12 routes of the app's code that no step touched, for `steps` in pyshrink.yaml:",
      '  - http: /0',
      '  - http: /9',
      '  # and 2 more (--json has them)',
      12,
    ]);
    expect(untouchedLines({ what: 'subcommands', lines: lines.slice(0, 1) })[0]).toMatch(/^1 subcommand of .*`runs`/);
    expect([untouchedLines(null), untouchedLines({ what: 'routes', lines: [] })]).toEqual([[], []]);
  });

  it('names the runs without an answer where none failed', () => {
    const line = lastLine(run('quiet', 'unproven'), run('job', 'same'));
    expect(line).toMatch(/^Nothing of the runs quiet was compared.*Give each a step that the app answers\./);
  });

  it('says that nothing was compared where the run has no name', () => {
    expect(lastLine()).toMatch(/^Nothing was compared, so nothing is proven/);
  });
});
