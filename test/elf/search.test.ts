import { describe, expect, it } from 'vitest';
import { LibrarySearch } from '../../src/elf/search.js';
import { makeElf } from '../support/elf.js';
import { makeTree, type Node } from '../support/tree.js';

const LIB = '/lib/x86_64-linux-gnu';

async function closure(nodes: Record<string, Node>, environment: Record<string, string> = {}, main?: string) {
  const search = await LibrarySearch.open(makeTree(nodes), environment);
  const { objects, missing } = await search.closure('/app', main);
  return { paths: objects.slice(1).map(({ path }) => path), missing: missing.map(({ name, by }) => `${name} by ${by}`), objects };
}

const lib = (...needed: string[]) => makeElf({ needed, soname: 'x' });

describe('LibrarySearch', () => {
  it('looks in the default directories, multiarch first', async () => {
    const nodes = {
      '/app': lib('liba.so'),
      [`${LIB}/liba.so`]: makeElf({ soname: 'liba.so' }),
      '/usr/lib/liba.so': makeElf({ soname: 'liba.so' }),
    };
    expect((await closure(nodes)).paths).toEqual([`${LIB}/liba.so`]);
  });

  it('goes breadth first, and loads each name once', async () => {
    const nodes = {
      '/app': lib('liba.so', 'libb.so'),
      '/lib/liba.so': makeElf({ needed: ['libc.so'], soname: 'liba.so' }),
      '/lib/libb.so': makeElf({ needed: ['liba.so'], soname: 'libb.so' }),
      '/lib/libc.so': makeElf({ needed: ['liba.so'], soname: 'libc.so' }),
    };
    expect((await closure(nodes)).paths).toEqual(['/lib/liba.so', '/lib/libb.so', '/lib/libc.so']);
  });

  it('prefers DT_RPATH to LD_LIBRARY_PATH, and LD_LIBRARY_PATH to DT_RUNPATH', async () => {
    const places = { '/r/liba.so': makeElf({ soname: 'a' }), '/e/liba.so': makeElf({ soname: 'a' }) };
    const rpath = { '/app': makeElf({ needed: ['liba.so'], rpath: '/r' }), ...places };
    const runpath = { '/app': makeElf({ needed: ['liba.so'], runpath: '/r' }), ...places };
    expect((await closure(rpath, { LD_LIBRARY_PATH: '/e' })).paths).toEqual(['/r/liba.so']);
    expect((await closure(runpath, { LD_LIBRARY_PATH: '/e' })).paths).toEqual(['/e/liba.so']);
    expect((await closure(runpath)).paths).toEqual(['/r/liba.so']);
  });

  it('searches DT_RPATH of the whole loading chain, but DT_RUNPATH of the loading object only', async () => {
    const below = { '/r/liba.so': makeElf({ needed: ['libb.so'], soname: 'liba.so' }), '/r/libb.so': makeElf({ soname: 'libb.so' }) };
    expect((await closure({ '/app': makeElf({ needed: ['liba.so'], rpath: '/r' }), ...below })).paths).toEqual([
      '/r/liba.so',
      '/r/libb.so',
    ]);
    expect((await closure({ '/app': makeElf({ needed: ['liba.so'], runpath: '/r' }), ...below })).missing).toEqual([
      'libb.so by /r/liba.so',
    ]);
  });

  it('ignores the DT_RPATH of an object that has a DT_RUNPATH', async () => {
    const nodes = { '/app': makeElf({ needed: ['liba.so'], rpath: '/r', runpath: '/u' }), '/r/liba.so': makeElf({ soname: 'a' }) };
    expect((await closure(nodes)).missing).toEqual(['liba.so by /app']);
  });

  it('searches the DT_RPATH of the program that opens an object', async () => {
    const nodes = { '/app': lib('liba.so'), '/bin/python': makeElf({ needed: [], rpath: '/r' }), '/r/liba.so': makeElf({ soname: 'a' }) };
    expect((await closure(nodes, {}, '/bin/python')).paths).toEqual(['/r/liba.so']);
  });

  it('replaces $ORIGIN by the folder of the object, and $LIB', async () => {
    const origin = { '/app': makeElf({ needed: ['liba.so'], runpath: '$ORIGIN/x.libs' }), '/x.libs/liba.so': makeElf({ soname: 'a' }) };
    expect((await closure(origin)).paths).toEqual(['/x.libs/liba.so']);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ld.so's own notation
    const braces = { '/app': makeElf({ needed: ['liba.so'], rpath: '/opt/${LIB}' }), '/opt/lib64/liba.so': makeElf({ soname: 'a' }) };
    expect((await closure(braces)).paths).toEqual(['/opt/lib64/liba.so']);
  });

  it('uses a DT_NEEDED with a slash as a path', async () => {
    const nodes = { '/app': lib('$ORIGIN/sub/liba.so', '/gone/libb.so'), '/sub/liba.so': makeElf({ soname: 'a' }) };
    const found = await closure(nodes);
    expect(found.paths).toEqual(['/sub/liba.so']);
    expect(found.missing).toEqual(['/gone/libb.so by /app']);
  });

  it('skips libraries of other classes and other architectures', async () => {
    const nodes = {
      '/app': lib('liba.so'),
      [`${LIB}/liba.so`]: makeElf({ soname: 'a', machine: 183 }),
      '/lib64/liba.so': makeElf({ soname: 'a', bits: 32, machine: 3 }),
      '/usr/lib64/liba.so': makeElf({ soname: 'a' }),
    };
    expect((await closure(nodes)).paths).toEqual(['/usr/lib64/liba.so']);
  });

  it('stops at a linker script, as ld.so does', async () => {
    const nodes = {
      '/app': lib('liba.so'),
      [`${LIB}/liba.so`]: '/* GNU ld script */ INPUT(liba.so.1)',
      '/usr/lib/liba.so': makeElf({ soname: 'a' }),
    };
    expect(await closure(nodes)).toMatchObject({ paths: [], missing: ['liba.so by /app'] });
  });

  it('finds a library without DT_SONAME by its file name, once', async () => {
    const nodes = {
      '/app': lib('liba.so', 'libb.so'),
      '/lib/liba.so': makeElf({ needed: [], rpath: '/x' }),
      '/lib/libb.so': makeElf({ needed: ['liba.so'], soname: 'libb.so' }),
    };
    expect((await closure(nodes)).paths).toEqual(['/lib/liba.so', '/lib/libb.so']);
  });

  it('does not search the default directories when DF_1_NODEFLIB is set', async () => {
    const nodes = { '/app': makeElf({ needed: ['liba.so'], noDefaultLib: true }), '/lib/liba.so': makeElf({ soname: 'a' }) };
    expect((await closure(nodes)).missing).toEqual(['liba.so by /app']);
  });

  it('lists every glibc-hwcaps variant, and the general build of such a variant', async () => {
    const nodes = {
      '/app': lib('liba.so', 'libb.so'),
      '/lib/liba.so': makeElf({ soname: 'liba.so' }),
      '/lib/glibc-hwcaps/x86-64-v3/liba.so': makeElf({ soname: 'liba.so' }),
      '/lib/glibc-hwcaps/x86-64-v4/liba.so': makeElf({ soname: 'liba.so' }),
      '/lib/glibc-hwcaps/x86-64-v2/libb.so': makeElf({ soname: 'libb.so' }),
    };
    const { objects } = await closure(nodes);
    expect(objects[1]?.variants).toEqual(['/lib/glibc-hwcaps/x86-64-v3/liba.so', '/lib/glibc-hwcaps/x86-64-v4/liba.so']);
    expect(objects[2]?.path).toBe('/lib/glibc-hwcaps/x86-64-v2/libb.so');
  });

  it('reads preloaded objects from the environment and /etc/ld.so.preload', async () => {
    const search = await LibrarySearch.open(makeTree({ '/etc/ld.so.preload': '/lib/one.so /lib/two.so\n' }), {
      LD_PRELOAD: '/lib/zero.so',
    });
    expect(search.preloads).toEqual(['/lib/zero.so', '/lib/one.so', '/lib/two.so']);
  });
});
