import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { keepReport } from '../../src/report/keep.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const fs = makeTree({
  '/usr/bin/python3': { text: '', mode: 0o755 },
  '/app/app.py': 'import lib',
  '/app/tests/test_app.py': '',
  [`${SITE}/lib/__init__.py`]: '',
  [`${SITE}/lib/x.pyi`]: '',
  [`${SITE}/lib/tests/test_x.py`]: '',
  [`${SITE}/lib/__pycache__/__init__.cpython-313.pyc`]: '',
  [`${SITE}/lib-1.dist-info/METADATA`]: 'Name: lib\nVersion: 1\n',
  [`${SITE}/lib-1.dist-info/RECORD`]: 'lib/__init__.py,,\nlib/x.pyi,,\nlib/tests/test_x.py,,\nlib-1.dist-info/METADATA,,\n',
  [`${SITE}/unused.py`]: '',
  [`${SITE}/unused-2.dist-info/METADATA`]: 'Name: unused\nVersion: 2\n',
  [`${SITE}/unused-2.dist-info/RECORD`]: 'unused.py,,\nunused-2.dist-info/METADATA,,\n',
  '/usr/lib/python3.13/smtplib.py': '',
  '/usr/bin/perl': { text: '', mode: 0o755 },
  '/bin': { link: 'usr/bin' },
});

async function report(level: 'observed' | 'reachable') {
  const { keep, python, grades } = await computeKeepSet({
    fs,
    trace: makeTrace(['exec /usr/bin/python3', 'open /app/app.py'], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level,
    analyst: analystOver(fs),
  });
  return keepReport(fs, keep, python, grades, level);
}

describeWithPython('the report', () => {
  it('says of every path either why it is kept or why not', async () => {
    const { kept, omitted, links } = await report('reachable');
    for (const { path, type } of fs.entries.values()) {
      if (type !== 'd') expect([path, path in kept !== path in omitted]).toEqual([path, true]);
    }
    expect(links).toEqual({ '/bin': 'usr/bin' });
  });

  it.each([
    ['/app/tests/test_app.py', /beside the app's own code; run it in the exercise/],
    [`${SITE}/lib/x.pyi`, /type information of lib/],
    [`${SITE}/lib/tests/test_x.py`, /a test of lib.*an import of it by kept code/],
    [`${SITE}/lib/__pycache__/__init__.cpython-313.pyc`, /did not run while it was watched; Python compiles it again/],
    [`${SITE}/unused.py`, /of unused, which no kept code imports; an import/],
    ['/usr/lib/python3.13/smtplib.py', /of the standard library.*--level whole/],
    ['/usr/bin/perl', /of the operating system.*--level whole/],
  ])('%s', async (path, sentence) => {
    const { omitted, sentences } = await report('reachable');
    expect(sentences[omitted[path] as number]).toMatch(sentence);
  });

  it('counts what is kept of each distribution', async () => {
    const { distributions } = await report('reachable');
    expect(distributions.map(({ name, files, kept, grade }) => [name, files, kept, grade])).toEqual([
      ['lib', 5, 2, 'app'],
      ['unused', 3, 0, null],
    ]);
  });

  it('at observed names the exercise and the level', async () => {
    const { omitted, sentences } = await report('observed');
    expect(sentences[omitted['/usr/bin/perl'] as number]).toMatch(/exercise what uses it, or take a higher --level/);
  });
});
