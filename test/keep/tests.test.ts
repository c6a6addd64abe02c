import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const fs = makeTree({
  '/usr/bin/python3': { text: '', mode: 0o755 },
  '/app/app.py': 'import lib',
  '/app/tests/test_app.py': 'import pytest, app',
  '/app/tests/expected.json': '',
  [`${SITE}/lib.py`]: 'try:\n    import pytest\nexcept ImportError: pass\nimport only_under_test',
  [`${SITE}/only_under_test.py`]: '',
  [`${SITE}/pytest/__init__.py`]: 'import pluggy',
  [`${SITE}/pytest-8.dist-info/METADATA`]: 'Name: pytest\nRequires-Dist: pluggy\nRequires-Dist: both\n',
  [`${SITE}/pytest-8.dist-info/RECORD`]: 'pytest/__init__.py,,\npytest-8.dist-info/METADATA,,\n',
  [`${SITE}/pluggy.py`]: '',
  [`${SITE}/pluggy-1.dist-info/METADATA`]: 'Name: pluggy\n',
  [`${SITE}/pluggy-1.dist-info/RECORD`]: 'pluggy.py,,\npluggy-1.dist-info/METADATA,,\n',
  [`${SITE}/both.py`]: '',
  [`${SITE}/both-1.dist-info/METADATA`]: 'Name: both\n',
  [`${SITE}/both-1.dist-info/RECORD`]: 'both.py,,\nboth-1.dist-info/METADATA,,\n',
  [`${SITE}/user-1.dist-info/METADATA`]: 'Name: user\nRequires-Dist: both\n',
});
const OBSERVED = [
  'exec /usr/bin/python3',
  'open /app/app.py',
  'open /app/tests/test_app.py',
  'open /app/tests/expected.json',
  ...['pytest/__init__', 'pluggy', 'both', 'lib', 'only_under_test'].map((name) => `open ${SITE}/${name}.py`),
];

async function kept(tests: string | null, level: 'observed' | 'reachable') {
  const { keep, notes } = await computeKeepSet({
    fs,
    trace: makeTrace(OBSERVED, {
      python: LAYOUT,
      runs: [{ environment: [], exercise: [], exit: 0, tests }],
      modules: { pytest: `${SITE}/pytest/__init__.py`, pluggy: `${SITE}/pluggy.py`, app: '/app/app.py', lib: `${SITE}/lib.py` },
    }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level,
    analyst: analystOver(fs),
  });
  return { notes, has: (path: string) => keep.has(path) };
}

describeWithPython('a test suite as exercise', () => {
  it.each(['observed', 'reachable'] as const)(
    'keeps what the app used, but not what only the test runner needed, at the level %s',
    async (level) => {
      const { has, notes } = await kept('pytest', level);
      for (const name of ['lib', 'only_under_test', 'both']) expect([name, has(`${SITE}/${name}.py`)]).toEqual([name, true]);
      for (const path of [`${SITE}/pytest/__init__.py`, `${SITE}/pluggy.py`, '/app/tests/test_app.py', '/app/tests/expected.json'])
        expect([path, has(path)]).toEqual([path, false]);
      expect(notes).toEqual([
        expect.stringMatching(/^a test suite was the exercise: 4 files that only pluggy, pytest needed/),
        expect.stringMatching(/no answers can be compared.*trace --append/),
      ]);
    },
  );

  it('keeps pytest where it is no exercise', async () => {
    const { has, notes } = await kept(null, 'reachable');
    expect([has(`${SITE}/pytest/__init__.py`), has(`${SITE}/pluggy.py`), notes]).toEqual([true, true, []]);
  });
});
