import { expect, it } from 'vitest';
import { ownModules } from '../../src/keep/python/covered.js';
import { codeThatRan } from '../../src/keep/python/ran.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

describeWithPython("what ran of the app's own code", () => {
  const fs = makeTree({
    '/app/app.py': 'def f(): pass\nclass A:\n    def g(self): pass\n',
    '/app/broken.py': 'def f(:\n',
    '/app/empty.py': '',
    '/now': { link: 'app' },
    // As in Debian: it is no code of the app.
    '/etc/python3.13/sitecustomize.py': 'def f(): pass\n',
    [`${LAYOUT.standardLibrary[0]}/sitecustomize.py`]: { link: '/etc/python3.13/sitecustomize.py' },
    [`${LAYOUT.sitePackages[0]}/lib.py`]: 'def f(): pass\n',
  });
  const modules = { app: '/now/app.py', sitecustomize: `${LAYOUT.standardLibrary[0]}/sitecustomize.py` };
  const trace = makeTrace(['open /app/__pycache__/empty.cpython-313.pyc'], { python: LAYOUT, modules });
  const owned = async (functions: Set<string> | undefined) =>
    ownModules(await codeThatRan(fs, trace, analystOver(fs), { WorkingDir: '/app' }), trace, functions);

  it('is by path, also where the app names files through links; a file that nobody can read has no functions', async () => {
    expect(await owned(new Set(['/now/app.py\t3', '/elsewhere.py\t1']))).toEqual([
      {
        path: '/app/app.py',
        ran: true,
        functions: [
          { name: 'f', line: 1, ran: false },
          { name: 'A.g', line: 3, ran: true },
        ],
      },
      { path: '/app/broken.py', ran: false, functions: null },
      { path: '/app/empty.py', ran: true, functions: [] },
    ]);
  });

  it('has the modules of an app that was installed like a distribution', async () => {
    const [site] = LAYOUT.sitePackages as [string];
    const installed = makeTree({
      '/app/setup.py': '',
      [`${site}/mine/__init__.py`]: 'def f(): pass\n',
      [`${site}/mine-1.dist-info/METADATA`]: 'Name: mine\nVersion: 1\n',
      [`${site}/mine-1.dist-info/RECORD`]: 'mine/__init__.py,,\n',
      [`${site}/mine-1.dist-info/direct_url.json`]: '{"url": "file:///app", "dir_info": {}}',
    });
    const ran = makeTrace([], { python: LAYOUT, modules: { mine: `${site}/mine/__init__.py` } });
    const code = await codeThatRan(installed, ran, analystOver(installed), { WorkingDir: '/app' });
    expect(ownModules(code, ran, new Set([`${site}/mine/__init__.py\t1`]))).toEqual([
      { path: '/app/setup.py', ran: false, functions: [] },
      { path: `${site}/mine/__init__.py`, ran: true, functions: [{ name: 'f', line: 1, ran: true }] },
    ]);
  });

  it('has no functions where they were not measured', async () => {
    expect((await owned(undefined)).map(({ functions }) => functions)).toEqual([null, null, null]);
  });
});
