import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;

/** Which modules of a library with a folder of tests are kept. */
async function kept(code: string): Promise<string[]> {
  const files = {
    'library/__init__.py': code,
    'library/test/__init__.py': '',
    'library/test/runtests.py': 'import unittest\nMODULES = ["library.test.web_test", "library.web"]\nfrom library.test import used_test\n',
    'library/test/web_test.py': 'import heavy\n',
    'library/test/used_test.py': '',
    'library/web.py': '',
  };
  const fs = makeTree({
    '/usr/bin/python3': { text: '', mode: 0o755 },
    '/app/app.py': 'import library\n',
    [`${SITE}/library-1.dist-info/METADATA`]: 'Name: library\nVersion: 1\n',
    [`${SITE}/library-1.dist-info/RECORD`]: Object.keys(files)
      .map((file) => `${file},,\n`)
      .join(''),
    ...Object.fromEntries(Object.entries(files).map(([file, text]) => [`${SITE}/${file}`, text])),
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace(['open /app/app.py'], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    analyst: analystOver(fs),
  });
  return Object.keys(files).filter((file) => keep.has(`${SITE}/${file}`));
}

describeWithPython('a list of tests in a folder of tests', () => {
  const HELPERS = ['library/__init__.py', 'library/test/__init__.py', 'library/test/runtests.py'];

  it('brings no tests, but what it imports', async () => {
    expect(await kept('')).toEqual([...HELPERS, 'library/test/used_test.py', 'library/web.py']);
  });

  it('leaves tests that code elsewhere names', async () => {
    expect(await kept('import importlib\nimportlib.import_module("library.test.web_test")\n')).toContain('library/test/web_test.py');
  });
});
