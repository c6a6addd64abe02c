import { describe, expect, it } from 'vitest';
import { LibrarySearch } from '../../src/elf/search.js';
import { ModuleFinder } from '../../src/python/finder.js';
import { type RepairInput, repairsFor } from '../../src/smoke/repair.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeElf } from '../support/elf.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const fs = makeTree({
  [`${SITE}/pkg/__init__.py`]: '',
  [`${SITE}/pkg/part.py`]: '',
  [`${SITE}/chain.py`]: 'import deep\nfrom pkg import part\ndef later():\n    import never',
  [`${SITE}/deep.py`]: '',
  [`${SITE}/never.py`]: '',
  '/usr/lib/libx.so.1': makeElf({ soname: 'libx.so.1' }),
  '/srv/data/one': '',
  '/srv/data/two': '',
});

async function repairs(more: Partial<RepairInput>): Promise<string[]> {
  const input: RepairInput = {
    fs,
    finder: new ModuleFinder(fs, LAYOUT),
    summarize: analystOver(fs).summarize,
    libraries: await LibrarySearch.open(fs, {}),
    searchPath: LAYOUT.searchPath,
    missing: [],
    said: '',
    listed: [],
    has: () => false,
    ...more,
  };
  return (await repairsFor(input)).map(({ path }) => path);
}

describe('repairsFor', () => {
  it.each<[string, Partial<RepairInput>, string[]]>([
    ['a look-up in vain', { missing: ['/srv/data/one'] }, ['/srv/data/one']],
    ['a look-up of what no image has', { missing: ['/srv/gone'] }, []],
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
    ['a module that the original does not have either', { said: "No module named 'nowhere'" }, []],
    [
      'a library that was not found',
      { said: 'ImportError: libx.so.1: cannot open shared object file: No such file' },
      ['/usr/lib/libx.so.1'],
    ],
    ['a listing that came out shorter', { said: 'otherwise', listed: ['/srv/data'] }, ['/srv/data/one', '/srv/data/two']],
    ['no listing where nothing differs', { listed: ['/srv/data'] }, []],
    ['no listing of a folder on sys.path', { said: 'otherwise', listed: [SITE, `${SITE}/pkg`] }, []],
    ['no listing where a look-up explains it', { said: 'x', missing: ['/srv/data/one'], listed: [`${SITE}/..`] }, ['/srv/data/one']],
    ['nothing that is there already', { missing: ['/srv/data/one'], has: () => true }, []],
  ])('%s', async (_, input, expected) => {
    expect(await repairs(input)).toEqual(expected);
  });
});
