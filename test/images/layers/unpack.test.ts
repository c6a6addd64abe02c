import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Bounds, withBounds } from '../../../src/bounds.js';
import { unpackImage } from '../../../src/images/layers/apply.js';
import type { ImageSource } from '../../../src/images/source.js';
import { configOf, digestOf, layerTar, type Member } from '../../support/image.js';

/** Unpacks layers into a folder, and checks that nothing else appears beside it. */
async function unpack(layers: readonly Buffer[], diffIds = layers.map(digestOf), options: { harmless?: boolean } = {}) {
  const outer = mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
  const root = join(outer, 'root');
  mkdirSync(root);
  writeFileSync(join(outer, 'outside'), 'untouched');
  const source: ImageSource = {
    reference: 'made-up',
    configBytes: configOf({ layers }),
    digests: [],
    close: async () => {},
    layers: layers.map((tar, index) => ({
      digest: diffIds[index] as string,
      diffId: diffIds[index] as string,
      size: tar.length,
      open: async function* () {
        yield tar;
      },
    })),
  };
  const result = unpackImage(source, root, options);
  const done = await result.then(
    ({ entries, size }) => ({ entries, size, error: undefined }),
    (error: Error) => ({ entries: new Map(), size: 0, error }),
  );
  expect(readdirSync(outer).sort()).toEqual(['outside', 'root']);
  expect(readFileSync(join(outer, 'outside'), 'utf8')).toBe('untouched');
  return { root, ...done };
}

async function tree(...layers: Member[][]): Promise<Record<string, string>> {
  const { root, error, entries } = await unpack(layers.map(layerTar));
  if (error) throw error;
  const found = list(root, '');
  expect([...entries.keys()].filter((path) => path !== '/').sort()).toEqual(Object.keys(found).sort());
  return found;
}

function list(root: string, path: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of readdirSync(root + path)) {
    const at = `${path}/${name}`;
    const stat = lstatSync(root + at);
    if (stat.isDirectory()) Object.assign(all, { [at]: 'dir' }, list(root, at));
    else all[at] = stat.isSymbolicLink() ? `-> ${readlinkSync(root + at)}` : readFileSync(root + at, 'utf8');
  }
  return all;
}

const file = (path: string, content = path): Member => ({ path, content });
const dir = (path: string): Member => ({ path });
const link = (path: string, target: string): Member => ({ path, type: 'l', target });
const hard = (path: string, hardLinkTo: string): Member => ({ path, hardLinkTo });

describe('layers', () => {
  it('removes entries of lower layers by whiteouts', async () => {
    expect(await tree([dir('/d'), file('/d/a'), file('/d/b'), file('/e')], [file('/d/.wh.a', ''), file('/.wh.e', '')])).toEqual({
      '/d': 'dir',
      '/d/b': '/d/b',
    });
  });

  it('keeps entries of the same layer as a whiteout, whichever comes first', async () => {
    for (const layer of [
      [file('/.wh.d', ''), file('/d/new')],
      [file('/d/new'), file('/.wh.d', '')],
    ])
      expect(await tree([file('/d/old')], layer)).toEqual({ '/d': 'dir', '/d/new': '/d/new' });
  });

  it('removes all entries of lower layers below an opaque directory', async () => {
    for (const layer of [
      [dir('/d'), file('/d/.wh..wh..opq', ''), file('/d/new')],
      [file('/d/sub/new'), file('/d/.wh..wh..opq', '')],
    ]) {
      const found = await tree([file('/d/old'), file('/d/sub/old')], layer);
      expect(Object.keys(found).filter((path) => path.endsWith('old'))).toEqual([]);
      expect(Object.keys(found).some((path) => path.endsWith('new'))).toBe(true);
    }
  });

  it('replaces files by directories, directories by links, and links by files', async () => {
    expect(
      await tree([file('/a'), file('/b/x'), link('/c', 'a')], [dir('/a'), file('/a/y'), link('/b', 'a'), file('/c', 'now a file')]),
    ).toEqual({ '/a': 'dir', '/a/y': '/a/y', '/b': '-> a', '/c': 'now a file' });
  });

  it('makes hard links across layers, and keeps the file when its first name is removed', async () => {
    expect(await tree([file('/a', 'one')], [hard('/b', '/a')], [file('/.wh.a', '')])).toEqual({ '/b': 'one' });
    const { root } = await unpack([layerTar([file('/a', 'one')]), layerTar([hard('/b', '/a')])]);
    expect(statSync(join(root, 'a')).ino).toBe(statSync(join(root, 'b')).ino);
  });

  it('does not write through a hard link of a lower layer', async () => {
    expect(await tree([file('/a', 'one'), hard('/b', '/a')], [file('/b', 'two')])).toEqual({ '/a': 'one', '/b': 'two' });
  });

  it('uses the last of several members with one name', async () => {
    expect(await tree([file('/a', '1'), file('/a', '2'), dir('/a'), file('/a/b', '3')])).toEqual({ '/a': 'dir', '/a/b': '3' });
  });

  it('writes below a link where the link leads inside the root', async () => {
    expect(await tree([dir('/usr/lib'), link('/lib', 'usr/lib')], [file('/lib/x')])).toEqual({
      '/usr': 'dir',
      '/usr/lib': 'dir',
      '/usr/lib/x': '/lib/x',
      '/lib': '-> usr/lib',
    });
  });

  it('sets modes and times, also of read-only directories', async () => {
    const { root, entries } = await unpack([
      layerTar([
        { path: '/locked', mode: 0o555, mtime: 1000 },
        { path: '/locked/x', content: 'x', mode: 0o4750, mtime: 2000 },
      ]),
    ]);
    expect(statSync(join(root, 'locked')).mode & 0o7777).toBe(0o555);
    expect(statSync(join(root, 'locked')).mtimeMs).toBe(1_000_000);
    expect(statSync(join(root, 'locked/x')).mtimeMs).toBe(2_000_000);
    expect(entries.get('/locked/x')).toMatchObject({ mode: 0o4750, mtime: 2000 });
  });

  it('for a container, puts no device and no file that runs as its owner on the disk, and keeps them in the inventory', async () => {
    const layers = [
      layerTar([
        { path: '/su', content: 'x', mode: 0o6755 },
        { path: '/disk', type: 'b', device: [8, 0], mode: 0o666 },
        { path: '/pipe', type: 'p', mode: 0o600 },
      ]),
    ];
    expect(statSync(join((await unpack(layers)).root, 'su')).mode & 0o7777, 'for the user').toBe(0o6755);
    const { root, entries } = await unpack(layers, layers.map(digestOf), { harmless: true });
    expect(statSync(join(root, 'su')).mode & 0o7777).toBe(0o755);
    expect(entries.get('/su')).toMatchObject({ mode: 0o6755 });
    expect(existsSync(join(root, 'disk'))).toBe(false);
    expect(entries.get('/disk')).toMatchObject({ type: 'b', device: [8, 0] });
    expect(statSync(join(root, 'pipe')).isFIFO()).toBe(true);
  });

  it('keeps owners, attributes and devices in the inventory, also where an ordinary user cannot set them', async () => {
    const { entries } = await unpack([
      layerTar([
        { path: '/a', content: '', uid: 1234, gid: 99, xattrs: { 'security.capability': '0100' } },
        { path: '/dev/null', type: 'c', device: [1, 3] },
      ]),
    ]);
    expect(entries.get('/a')).toMatchObject({ uid: 1234, gid: 99, xattrs: { 'security.capability': '0100' } });
    expect(entries.get('/dev/null')).toMatchObject({ type: 'c', device: [1, 3] });
  });

  it('unpacks a hundred thousand entries', async () => {
    const { entries, error } = await unpack([
      layerTar(Array.from({ length: 100_000 }, (_, index) => link(`/d${index % 100}/l${index}`, 'x'))),
    ]);
    expect(error).toBeUndefined();
    expect(entries.size).toBe(100_000 + 100 + 1);
  }, 60_000);
});

describe('archives that try to write elsewhere, or are damaged', () => {
  it('keeps paths inside the root', async () => {
    expect(await tree([file('/../../outside', 'in'), file('/a/../../../outside2', 'in')])).toEqual({ '/outside': 'in', '/outside2': 'in' });
  });

  it.each(['..', '../outside', '/', '/tmp'])('keeps a file below a link to %s inside the root', async (target) => {
    const { root, error } = await unpack([layerTar([link('/evil', target), file('/evil/pwned')])]);
    // Where the link leads inside the root there is either a directory, or nothing.
    if (error) expect(error.message).toMatch(/a link to nothing|is not a directory/);
    else expect(list(root, '')['/pwned']).toBe('/evil/pwned');
  });

  it('replaces a link by a file, and does not follow it', async () => {
    expect(await tree([link('/x', '../outside')], [file('/x', 'mine')])).toEqual({ '/x': 'mine' });
  });

  it('refuses hard links to paths outside', async () => {
    for (const target of ['/../outside', '/nowhere', '/']) {
      const { error } = await unpack([layerTar([hard('/x', target)])]);
      expect(error?.message).toMatch(/is a hard link to/);
    }
  });

  it('reports links in a circle', async () => {
    const { error } = await unpack([layerTar([link('/a', 'b'), link('/b', 'a'), file('/a/x')])]);
    expect(error?.message).toMatch(/a link to nothing/);
  });

  it('reports a file below a file', async () => {
    const { error } = await unpack([layerTar([file('/a'), file('/a/b')])]);
    expect(error?.message).toMatch(/is not a directory/);
  });

  it('reports a size beyond the archive', async () => {
    const tar = layerTar([file('/a', 'x')]);
    const { error } = await unpack([Buffer.concat([layerTar([{ path: '/big', content: '', size: 1e11 }]).subarray(0, 1024), tar])]);
    expect(error?.message).toMatch(/ends too early/);
  });

  it('reports a wrong digest', async () => {
    const { error } = await unpack([layerTar([file('/a')])], [`sha256:${'0'.repeat(64)}`]);
    expect(error?.message).toMatch(/its digest is sha256:[0-9a-f]{64}, and should be sha256:0{64}/);
  });

  it('reports a compressed layer that is cut off', async () => {
    const { error } = await unpack([gzipSync(layerTar([file('/a', 'x'.repeat(100_000))])).subarray(0, 60)]);
    expect(error?.message).toMatch(/can't be decompressed/);
  });

  it.each<[Bounds, Member[]]>([
    [{ files: 3 }, [file('/a'), file('/b'), file('/c')]],
    [{ files: 3 }, [file('/a'), file('/a'), file('/a'), file('/a')]],
    [{ depth: 2 }, [file('/a/b/c')]],
    [{ unpacked: 10 }, [file('/a', 'x'.repeat(11))]],
  ])('refuses more than %j allows, and names the flag', async (bounds, members) => {
    const { error } = await withBounds(bounds, () => unpack([layerTar(members)]));
    const [name] = Object.keys(bounds);
    expect(error).toMatchObject({
      message: expect.stringContaining(`goes over the limit \`${name}\``),
      remedy: expect.stringContaining(`--limit ${name}=`),
    });
  });
});
