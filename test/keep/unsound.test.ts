import { expect, it } from 'vitest';
import { HARMLESS_SPOTS } from '../../src/keep/data/spots.js';
import { codeThatRan } from '../../src/keep/python/ran.js';
import { unsoundSpots } from '../../src/keep/python/unsound.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const COMPUTED = 'import importlib\ndef f(name):\n    return importlib.import_module(name)\n';
const RUNS = 'def f(text):\n    exec(text)\n';

describeWithPython('the places that reading cannot follow', () => {
  const fs = makeTree({
    '/app/app.py': COMPUTED,
    '/app/not_run.py': RUNS,
    '/app/vendored/jinja2/environment.py': RUNS,
    [`${SITE}/lib.py`]: COMPUTED,
    [`${SITE}/not_run.py`]: COMPUTED,
    [`${SITE}/jinja2/environment.py`]: RUNS + COMPUTED,
    [`${SITE}/mine/__init__.py`]: COMPUTED,
    [`${SITE}/mine-1.dist-info/METADATA`]: 'Name: mine\n',
    [`${SITE}/mine-1.dist-info/direct_url.json`]: '{"url": "file:///src", "dir_info": {}}',
    [`${SITE}/mine-1.dist-info/RECORD`]: 'mine/__init__.py,,\nmine-1.dist-info/METADATA,,\n',
    [`${LAYOUT.standardLibrary[0]}/pydoc.py`]: RUNS,
  });
  const modules = {
    app: '/app/app.py',
    lib: `${SITE}/lib.py`,
    'jinja2.environment': `${SITE}/jinja2/environment.py`,
    mine: `${SITE}/mine/__init__.py`,
    pydoc: `${LAYOUT.standardLibrary[0]}/pydoc.py`,
  };

  it("are those of code that ran and of the app's own, which come first; not harmless ones", async () => {
    const code = await codeThatRan(fs, makeTrace([], { python: LAYOUT, modules }), analystOver(fs), { WorkingDir: '/app' });
    expect(unsoundSpots(code)).toEqual([
      { file: '/app/app.py', line: 3, kind: 'import', own: true },
      { file: '/app/not_run.py', line: 2, kind: 'exec', own: true },
      { file: '/app/vendored/jinja2/environment.py', line: 2, kind: 'exec', own: true },
      { file: `${SITE}/mine/__init__.py`, line: 3, kind: 'import', own: true },
      { file: `${SITE}/jinja2/environment.py`, line: 5, kind: 'import' },
      { file: `${SITE}/lib.py`, line: 3, kind: 'import' },
    ]);
  });
});

it('has each harmless place once', () => {
  const names = HARMLESS_SPOTS.map(({ file, kind }) => `${file} ${kind}`);
  expect(new Set(names).size).toBe(names.length);
});
