import { describe, expect, it } from 'vitest';
import { ModuleFinder } from '../../src/python/finder.js';
import { LAYOUT } from '../support/analyst.js';
import { makeTree } from '../support/tree.js';

const SITE = '/usr/lib/python3.13/site-packages';
const fs = makeTree({
  '/app/main.py': '',
  '/usr/lib/python3.13/json/__init__.py': '',
  '/usr/lib/python3.13/json/decoder.py': '',
  [`${SITE}/pkg/__init__.py`]: '',
  [`${SITE}/pkg/fast.cpython-313-x86_64-linux-gnu.so`]: '',
  [`${SITE}/pkg/fast.py`]: '',
  [`${SITE}/pkg/other.cpython-312-x86_64-linux-gnu.so`]: '',
  [`${SITE}/pkg/compiled.pyc`]: '',
  [`${SITE}/pkg/not-a-name.py`]: '',
  [`${SITE}/space/one/__init__.py`]: '',
  '/app/space/two.py': '',
  [`${SITE}/linked`]: { link: 'pkg' },
  '/src/edited/edited/__init__.py': '',
  '/src/edited/edited/part.py': '',
  '/eggs/z.egg': 'zip',
  [`${SITE}/loop`]: { link: 'loop' },
});
const layout = { ...LAYOUT, searchPath: [...LAYOUT.searchPath, '/eggs/z.egg'], editable: { edited: '/src/edited/edited' } };
const finder = new ModuleFinder(fs, layout, new Map([['/eggs/z.egg', ['zipped/__init__.py', 'zipped/part.py', 'EGG-INFO/PKG-INFO']]]));

describe('ModuleFinder', () => {
  it.each([
    ['main', { kind: 'source', file: '/app/main.py' }],
    ['json', { kind: 'source', file: '/usr/lib/python3.13/json/__init__.py', search: ['/usr/lib/python3.13/json'] }],
    ['json.decoder', { kind: 'source', file: '/usr/lib/python3.13/json/decoder.py' }],
    ['pkg.fast', { kind: 'extension', file: `${SITE}/pkg/fast.cpython-313-x86_64-linux-gnu.so` }],
    ['pkg.compiled', { kind: 'bytecode', file: `${SITE}/pkg/compiled.pyc` }],
    ['space', { kind: 'namespace', search: ['/app/space', `${SITE}/space`] }],
    ['space.one', { kind: 'source', file: `${SITE}/space/one/__init__.py`, search: [`${SITE}/space/one`] }],
    ['space.two', { kind: 'source', file: '/app/space/two.py' }],
    ['linked.fast', { kind: 'extension', file: `${SITE}/pkg/fast.cpython-313-x86_64-linux-gnu.so` }],
    ['edited.part', { kind: 'source', file: '/src/edited/edited/part.py' }],
    ['zipped.part', { kind: 'source', file: '/eggs/z.egg/zipped/part.py' }],
    ['sys', { kind: 'builtin' }],
  ])('finds %s', (name, expected) => {
    expect(finder.find(name)).toEqual({ name, ...expected });
  });

  it.each(['pkg.other', 'pkg.nowhere', 'nowhere', 'main.part', 'pkg.not-a-name', '', 'loop'])('does not find %j', (name) => {
    expect(finder.find(name)).toBeUndefined();
  });

  it('names the module of a file, also of a .pyc', () => {
    expect(finder.at(`${SITE}/pkg/__init__.py`)).toEqual({ name: 'pkg', package: true });
    expect(finder.at(`${SITE}/pkg/__pycache__/fast.cpython-313.pyc`)).toEqual({ name: 'pkg.fast', package: false });
    expect(finder.at('/src/edited/edited/part.py')).toEqual({ name: 'edited.part', package: false });
    expect(finder.at(`${SITE}/pkg/not-a-name.py`)).toBeUndefined();
    expect(finder.at('/elsewhere/x.py')).toBeUndefined();
  });

  it('keeps the archive of a module, and lists the modules of a package', () => {
    expect(finder.kept('/eggs/z.egg/zipped/part.py')).toBe('/eggs/z.egg');
    expect(finder.children(finder.find('pkg') as NonNullable<ReturnType<typeof finder.find>>).sort()).toEqual(['compiled', 'fast']);
    expect(finder.topLevel()).toEqual(expect.arrayContaining(['main', 'pkg', 'space', 'edited', 'zipped']));
    expect(finder.topLevel()).not.toContain('json');
  });

  it('learns the members of the archives on the search path when it is opened', async () => {
    const members = async (path: string) => (path === '/eggs/z.egg' ? ['zipped/__init__.py'] : []);
    const opened = await ModuleFinder.open(fs, layout, members);
    expect(opened.find('zipped')?.file).toBe('/eggs/z.egg/zipped/__init__.py');
    expect([...opened.archives]).toEqual([['/eggs/z.egg', ['zipped/__init__.py']]]);
  });
});
