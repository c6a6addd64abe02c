import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { edgesOf } from '../../src/python/edges.js';
import { ModuleFinder } from '../../src/python/finder.js';
import { Summary } from '../../src/python/summary.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const STANDARD = '/usr/lib/python3.13';

/** Which modules of the standard library are kept for an app that imports six, as many distributions do. */
async function kept(app: string, six = `${SITE}/six.py`): Promise<string[]> {
  const modules = ['dbm/__init__.py', 'dbm/ndbm.py', 'http/__init__.py', 'http/server.py', 'urllib/__init__.py', 'urllib/parse.py'];
  const fs = makeTree({
    '/usr/bin/python3': { text: '', mode: 0o755 },
    '/app/app.py': app,
    [six]: 'LISTED = [("dbm_ndbm", "dbm.ndbm"), ("BaseHTTPServer", "http.server"), ("urllib_parse", "urllib.parse")]\n',
    ...Object.fromEntries(modules.map((module) => [`${STANDARD}/${module}`, ''])),
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace(['open /app/app.py'], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app', Env: ['PATH=/usr/bin'] },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    analyst: analystOver(fs),
  });
  return modules.filter((module) => keep.has(`${STANDARD}/${module}`));
}

describeWithPython('modules that six lists', () => {
  it.each([
    ['nothing asks for', 'import six\nprint(six.PY3)', []],
    ['an attribute asks for', 'import six\nsix.moves.dbm_ndbm.open', ['dbm/__init__.py', 'dbm/ndbm.py']],
    ['an import statement asks for', 'from six.moves import BaseHTTPServer', ['http/__init__.py', 'http/server.py']],
    ['the import of a part asks for', 'from six.moves.urllib.parse import quote', ['urllib/__init__.py', 'urllib/parse.py']],
  ])('are kept where asked for: what %s', async (_, app, expected) => {
    expect(await kept(app)).toEqual(expected);
  });

  it('are kept where asked for through a copy in another distribution', async () => {
    const copy = `${SITE}/vendor/six.py`;
    expect(await kept('from vendor import six', copy)).toEqual([]);
    expect(await kept('from vendor.six.moves import dbm_ndbm', copy)).toEqual(['dbm/__init__.py', 'dbm/ndbm.py']);
  });
});

it("what only Cython's own code in an extension module names is not imported by that module", () => {
  const fs = makeTree({
    [`${STANDARD}/asyncio/__init__.py`]: '',
    [`${STANDARD}/asyncio/coroutines.py`]: '',
    [`${STANDARD}/asyncio/events.py`]: '',
  });
  const finder = new ModuleFinder(fs, LAYOUT);
  const named = (strings: string[]) =>
    edgesOf({ name: 'fast', package: false, kind: 'extension', origin: 'distribution' }, Summary.parse({ strings }), finder).map(
      ({ module }) => module.name,
    );
  expect(named(['asyncio.coroutines', 'asyncio.coroutinesbuffercache'])).toEqual([]);
  expect(named(['asyncio.events'])).toEqual(['asyncio', 'asyncio.events']);
});
