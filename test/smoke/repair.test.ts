import { describe, expect, it } from 'vitest';
import { LibrarySearch } from '../../src/elf/search.js';
import type { Analyst } from '../../src/keep/python/world.js';
import { Summary } from '../../src/python/summary.js';
import { type RepairInput, repairsFor } from '../../src/smoke/repair.js';
import type { Repair } from '../../src/trace/schema.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeElf } from '../support/elf.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const CACHED = `${SITE}/__pycache__/deep.cpython-311.pyc`;
const fs = makeTree({
  [CACHED]: '',
  [`${SITE}/pkg/__init__.py`]: '',
  [`${SITE}/pkg/part.py`]: '',
  [`${SITE}/chain.py`]: 'import deep\nfrom pkg import part\ndef later():\n    import never',
  [`${SITE}/deep.py`]: '',
  [`${SITE}/never.py`]: '',
  [`${SITE}/pkg/commands/__init__.py`]: '',
  [`${SITE}/pkg/commands/add.py`]: '',
  [`${SITE}/pkg/commands/add.pyi`]: '',
  [`${SITE}/pkg/commands/drop.py`]: '',
  '/usr/lib/libx.so.1': makeElf({ soname: 'libx.so.1' }),
  '/srv/app.pex': 'PK',
  '/srv/data/one': '',
  '/srv/data/two': '',
});

/** Of the archive, no bytes are needed: the analyst knows its members. */
const MEMBERS = new Map([
  [
    '/srv/app.pex/packed/__init__.py',
    Summary.parse({
      imports: [
        [1, 0, 'packed.inner', [], ''],
        [2, 0, 'deep', [], ''],
      ],
    }),
  ],
  ['/srv/app.pex/packed/inner.py', Summary.parse({})],
]);
const ANALYST: Analyst = {
  members: async (path) => (path === '/srv/app.pex' ? ['packed/__init__.py', 'packed/inner.py'] : []),
  locate: async () => new Map(),
  summarize: async (paths, names) => {
    const inFiles = paths.filter((path) => !MEMBERS.has(path));
    const summaries = inFiles.length > 0 ? await analystOver(fs).summarize(inFiles, names) : [];
    return new Map([...summaries, ...[...MEMBERS].filter(([path]) => paths.includes(path))]);
  },
};

const repairs = async (more: Partial<RepairInput>) => (await repairsWith(more)).map(({ path }) => path);
const repairKinds = async (more: Partial<RepairInput>) => (await repairsWith(more)).map(({ kind }) => kind);

async function repairsWith(more: Partial<RepairInput>): Promise<Repair[]> {
  const input: RepairInput = {
    fs,
    layout: LAYOUT,
    analyst: ANALYST,
    libraries: await LibrarySearch.open(fs, {}),
    missing: [],
    further: [],
    exclude: [],
    said: '',
    originalSaid: '',
    listed: [],
    has: () => false,
    ...more,
  };
  return repairsFor(input);
}

describe('repairsFor', () => {
  it.each<[string, Partial<RepairInput>, string[]]>([
    ['a failed look-up', { missing: ['/srv/data/one'] }, ['/srv/data/one']],
    ['no look-up of a path that the original does not have', { missing: ['/srv/gone'] }, []],
    [
      'a module that was not found, with what importing it imports',
      { said: "ModuleNotFoundError: No module named 'chain'" },
      [`${SITE}/chain.py`, `${SITE}/deep.py`, `${SITE}/pkg/__init__.py`, `${SITE}/pkg/part.py`],
    ],
    [
      'a module that was not found, with its packages',
      { said: "ModuleNotFoundError: No module named 'pkg.part'" },
      [`${SITE}/pkg/__init__.py`, `${SITE}/pkg/part.py`],
    ],
    [
      'a module in an archive: the archive, and what the module imports',
      { layout: { ...LAYOUT, searchPath: [...LAYOUT.searchPath, '/srv/app.pex'] }, said: "No module named 'packed'" },
      ['/srv/app.pex', `${SITE}/deep.py`],
    ],
    ["a module with the name of an object's method", { said: "No module named 'constructor'" }, []],
    ['no module that the original does not have', { said: "No module named 'nowhere'" }, []],
    [
      'a library that was not found',
      { said: 'ImportError: libx.so.1: cannot open shared object file: No such file' },
      ['/usr/lib/libx.so.1'],
    ],
    [
      'a listing with fewer entries, where others of its entries are there',
      { said: 'otherwise', listed: ['/srv/data'], has: (path) => path === '/srv/data/one' },
      ['/srv/data/two'],
    ],
    [
      'a listing with fewer entries, where an answer of the original names one',
      { said: '[]', originalSaid: "['one', 'two']", listed: ['/srv/data'] },
      ['/srv/data/one', '/srv/data/two'],
    ],
    ['no listing of a folder of which nothing was used', { said: 'otherwise', listed: ['/srv/data'] }, []],
    ['no .pyc whose source is there', { missing: [CACHED], has: (path) => path === `${SITE}/deep.py` }, []],
    ['a .pyc whose source is not there', { missing: [CACHED] }, [CACHED]],
    ['nothing that the user leaves out', { missing: ['/srv/data/one', '/srv/data/two'], exclude: ['/srv/**/one'] }, ['/srv/data/two']],
    ['no module that the original misses, too', { said: "No module named 'deep'", originalSaid: "optional: No module named 'deep'" }, []],
    ['no listing where nothing differs', { listed: ['/srv/data'] }, []],
    ['no listing of a folder on sys.path', { said: 'otherwise', listed: [SITE, `${SITE}/pkg`] }, []],
    [
      'no listing of a package, which Python lists for imports',
      {
        said: 'address',
        originalSaid: 'address of another',
        listed: [`${SITE}/pkg/commands`],
        has: (path) => path.endsWith('/__init__.py'),
      },
      [],
    ],
    [
      'a module of a package that an answer of the original names',
      {
        said: 'commands: none',
        originalSaid: 'commands: add',
        listed: [`${SITE}/pkg/commands`],
        has: (path) => path.endsWith('/__init__.py'),
      },
      [`${SITE}/pkg/commands/add.py`],
    ],
    [
      'no listing where a look-up explains the difference',
      { said: 'x', missing: ['/srv/data/one'], listed: [`${SITE}/..`] },
      ['/srv/data/one'],
    ],
    ['nothing that the shrunk image has', { missing: ['/srv/data/one'], has: () => true }, []],
  ])('adds %s', async (_, input, expected) => {
    expect(await repairs(input)).toEqual(expected);
  });
});

it('says which look-ups no traced run made', async () => {
  const input = { missing: ['/srv/data/one', '/srv/data/two'], further: ['/srv/data/two'] };
  expect(await repairKinds(input)).toEqual(['lookup', 'further']);
});
