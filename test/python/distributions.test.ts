import { describe, expect, it } from 'vitest';
import { openPackages } from '../../src/os/packages.js';
import { classifyFiles } from '../../src/python/classify.js';
import { type Distribution, Distributions } from '../../src/python/distributions.js';
import { LAYOUT } from '../support/analyst.js';
import { makeTree, type Node } from '../support/tree.js';

const SITE = '/usr/lib/python3.13/site-packages';
const DIST = '/usr/lib/python3/dist-packages';

async function read(nodes: Record<string, Node>) {
  const fs = makeTree(nodes);
  return Distributions.read(fs, { ...LAYOUT, sitePackages: [SITE, DIST] }, openPackages(fs));
}

describe('the files of a distribution', () => {
  it.each<[string, Record<string, Node>, string[]]>([
    [
      'RECORD, with quoted names, a script in /usr/bin, and a missing file',
      {
        [`${SITE}/a-1.dist-info/RECORD`]: 'a/__init__.py,sha256=x,1\n"a/b,c.txt",,\n../../../bin/a,,\na/gone.py,,\n',
        [`${SITE}/a/__init__.py`]: '',
        [`${SITE}/a/b,c.txt`]: '',
        [`${SITE}/a/unlisted.py`]: '',
        '/usr/bin/a': '',
      },
      ['/usr/bin/a', `${SITE}/a-1.dist-info/RECORD`, `${SITE}/a/__init__.py`, `${SITE}/a/b,c.txt`],
    ],
    [
      'RECORD of pip install --target, which puts programs elsewhere',
      {
        [`${SITE}/a-1.dist-info/RECORD`]: 'a.py,,\n../../bin/a,,\n../../share/a,,\n',
        [`${SITE}/a.py`]: '',
        [`${SITE}/bin/a`]: '',
        [`${SITE}/bin/other`]: '',
      },
      [`${SITE}/a-1.dist-info/RECORD`, `${SITE}/a.py`, `${SITE}/bin/a`],
    ],
    [
      'installed-files.txt of an .egg-info',
      { [`${SITE}/a-1.egg-info/installed-files.txt`]: '../a.py\n', [`${SITE}/a-1.egg-info/PKG-INFO`]: 'Name: a\n', [`${SITE}/a.py`]: '' },
      [`${SITE}/a-1.egg-info/PKG-INFO`, `${SITE}/a-1.egg-info/installed-files.txt`, `${SITE}/a.py`],
    ],
    [
      "Debian's list, where the .egg-info is a single file",
      {
        [`${DIST}/a-1.egg-info`]: 'Name: a\nVersion: 1\n',
        [`${DIST}/a_of_debian/x.py`]: '',
        '/usr/share/a/data': '',
        '/var/lib/dpkg/info/python3-a.list': `/.\n/usr\n${DIST}/a-1.egg-info\n${DIST}/a_of_debian/x.py\n/usr/share/a/data\n`,
      },
      [`${DIST}/a-1.egg-info`, `${DIST}/a_of_debian/x.py`, '/usr/share/a/data'],
    ],
    [
      'all of an unpacked .egg',
      { [`${SITE}/a-1.egg/EGG-INFO/PKG-INFO`]: 'Name: a\n', [`${SITE}/a-1.egg/a/__init__.py`]: '' },
      [`${SITE}/a-1.egg/EGG-INFO/PKG-INFO`, `${SITE}/a-1.egg/a/__init__.py`],
    ],
    [
      'top_level.txt, where there is no list',
      {
        [`${SITE}/a-1.dist-info/METADATA`]: 'Name: a\n',
        [`${SITE}/a-1.dist-info/top_level.txt`]: 'first\nsecond\n\n',
        [`${SITE}/first/deep/x.json`]: '',
        [`${SITE}/second.py`]: '',
      },
      [`${SITE}/a-1.dist-info/METADATA`, `${SITE}/a-1.dist-info/top_level.txt`, `${SITE}/first/deep/x.json`, `${SITE}/second.py`],
    ],
  ])('%s', async (_, nodes, expected) => {
    const { all, warnings } = await read(nodes);
    expect(warnings).toEqual([]);
    expect(all.map(({ name, files }) => [name, [...files].sort()])).toEqual([['a', expected.sort()]]);
  });

  it('a broken RECORD gives a warning, and the top-level module counts', async () => {
    const { all, warnings } = await read({
      [`${SITE}/a-1.dist-info/RECORD`]: '\0\xff"never closed,,\n',
      [`${SITE}/a/__init__.py`]: '',
    });
    expect(warnings).toEqual([expect.stringContaining(`${SITE}/a-1.dist-info/RECORD`)]);
    expect(all[0]?.files).toContain(`${SITE}/a/__init__.py`);
  });
});

it('a file belongs to the distribution that lists it, or that alone has files in its folder', async () => {
  const distributions = await read({
    [`${SITE}/a-1.dist-info/RECORD`]: 'a/__init__.py,,\nshared/a.py,,\n',
    [`${SITE}/b-1.dist-info/RECORD`]: 'shared/b.py,,\n',
    [`${SITE}/a/__init__.py`]: '',
    [`${SITE}/shared/a.py`]: '',
    [`${SITE}/shared/b.py`]: '',
  });
  const owner = (path: string) => distributions.ownerOf(`${SITE}/${path}`)?.name;
  expect([
    owner('a/__pycache__/__init__.cpython-313.pyc'),
    owner('shared/a.py'),
    owner('shared/b.py'),
    owner('shared/x'),
    owner('x.py'),
  ]).toEqual(['a', 'a', 'b', undefined, undefined]);
});

it('knows distributions that were installed on purpose, and those installed from a folder', async () => {
  const { all, ...rest } = await read({
    [`${SITE}/app-1.dist-info/METADATA`]: 'Name: app\nRequires-Dist: Lib_A>1\n',
    [`${SITE}/app-1.dist-info/direct_url.json`]: '{"url": "file:///src/app", "dir_info": {"editable": true}}',
    [`${SITE}/lib_a-1.dist-info/METADATA`]: 'Name: lib-a\n',
    [`${SITE}/lib_a-1.dist-info/direct_url.json`]: '{"url": "file:///wheels/lib_a-1-py3-none-any.whl", "archive_info": {}}',
  });
  expect(rest).toBeDefined();
  const distributions = new Distributions(all);
  expect(distributions.onPurpose().map(({ name }) => name)).toEqual(['app', 'lib-a']);
  expect(distributions.isRequested(all[1] as Distribution)).toBe(true);
  expect(all.map(({ name, local }) => [name, local])).toEqual([
    ['app', true],
    ['lib-a', false],
  ]);
});

it('classifies files by their names, and folders by what they hold', () => {
  const files: [string, string][] = [
    [`${SITE}/a-1.dist-info/METADATA`, 'metadata'],
    ['/usr/bin/a', 'program'],
    [`${SITE}/a/tests/data.json`, 'test'],
    [`${SITE}/a/tests/unit/test_x.py`, 'test'],
    [`${SITE}/a/_tests/test_y.py`, 'test'],
    [`${SITE}/a/_tests/helpers.py`, 'module'],
    [`${SITE}/a/_tests/__init__.py`, 'module'],
    [`${SITE}/a/tests/__init__.py`, 'module'],
    [`${SITE}/a/tests/helpers.py`, 'module'],
    [`${SITE}/a/tests/examples/setup.py`, 'test'],
    [`${SITE}/a/conftest.py`, 'test'],
    [`${SITE}/a/test_tools.py`, 'module'],
    [`${SITE}/a/project/tests/generic/builtin.sql`, 'data'],
    [`${SITE}/a/project/docs/overview.md`, 'data'],
    [`${SITE}/a/share/doc/page.html`, 'data'],
    [`${SITE}/a/test/client.py`, 'module'],
    [`${SITE}/a/testing.py`, 'module'],
    [`${SITE}/a/x.pyi`, 'stub'],
    [`${SITE}/a/include/x.h`, 'build'],
    [`${SITE}/a/x.pyx`, 'build'],
    [`${SITE}/a/locale/de/LC_MESSAGES/x.mo`, 'data'],
    [`${SITE}/a/locale/de/LC_MESSAGES/x.po`, 'build'],
    [`${SITE}/a/locale/fr/LC_MESSAGES/only.po`, 'data'],
    [`${SITE}/a/static/x.js`, 'data'],
    [`${SITE}/a/static/x.js.map`, 'build'],
    [`${SITE}/a/static/world.map`, 'data'],
    [`${SITE}/a-1.dist-info/sboms/a.cdx.json`, 'build'],
    [`${SITE}/a/__pycache__/x.cpython-313.pyc`, 'cache'],
    [`${SITE}/a/only.pyc`, 'bytecode'],
    [`${SITE}/a/x.abi3.so`, 'extension'],
    [`${SITE}/a/lib/libx-1.2.so.3`, 'library'],
    [`${SITE}/a.libs/libx.so`, 'library'],
    [`${SITE}/a/docs/index.rst`, 'doc'],
    ['/usr/share/man/man1/a.1', 'doc'],
    [`${SITE}/a/schema.json`, 'data'],
  ];
  const kinds = classifyFiles(
    {
      name: 'a',
      version: '1',
      metadata: `${SITE}/a-1.dist-info`,
      root: SITE,
      files: files.map(([path]) => path),
      requires: [],
      entryPoints: [],
      local: false,
    },
    LAYOUT.suffixes,
  );
  expect([...kinds]).toEqual(files);
});
