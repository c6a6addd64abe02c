import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DirectoryFiles, type Files, readSmall, TarFiles } from '../../src/images/files.js';
import { layerTar } from '../support/image.js';

const large = 'x'.repeat(3_000_000);
const archive = layerTar([
  { path: '/folder' },
  { path: '/folder/small.json', content: '{}' },
  { path: '/large', content: large },
  { path: '/same', hardLinkTo: '/large' },
  { path: '/folder/link', type: 'l', target: '../large' },
  { path: '/circle', type: 'l', target: 'circle' },
  { path: `/${'long'.repeat(40)}`, content: 'long' },
]);

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
}

function tarFiles(bytes: Buffer): Promise<TarFiles> {
  const place = folder();
  writeFileSync(join(place, 'a.tar'), bytes);
  return TarFiles.open(join(place, 'a.tar'), async () => join(place, 'spool'));
}

async function directoryFiles(): Promise<Files> {
  const place = folder();
  mkdirSync(join(place, 'folder'));
  writeFileSync(join(place, 'folder/small.json'), '{}');
  writeFileSync(join(place, 'large'), large);
  return new DirectoryFiles(place);
}

describe.each<[string, () => Promise<Files>]>([
  ['a directory', directoryFiles],
  ['a tar', () => tarFiles(archive)],
  ['a compressed tar', () => tarFiles(gzipSync(archive))],
])('files of %s', (_, open) => {
  it('can be read, and have sizes', async () => {
    const files = await open();
    expect([await files.size('folder/small.json'), await files.size('large')]).toEqual([2, large.length]);
    expect((await buffer(files.open('large'))).equals(Buffer.from(large))).toBe(true);
    expect((await readSmall(files, 'folder/small.json', 'app')).toString()).toBe('{}');
    await files.close();
  });

  it('do not include folders and missing paths', async () => {
    const files = await open();
    expect([await files.size('gone'), await files.size('folder')]).toEqual([undefined, undefined]);
    await expect(readSmall(files, 'gone', 'app')).rejects.toThrowError('app has no gone.');
    await files.close();
  });
});

describe('TarFiles', () => {
  it('follows links of `docker save`, and gives up on a circle', async () => {
    const files = await tarFiles(archive);
    expect([await files.size('same'), await files.size('folder/link'), await files.size('circle')]).toEqual([
      large.length,
      large.length,
      undefined,
    ]);
    await files.close();
  });

  it('finds a member with a long name behind its pax header', async () => {
    const files = await tarFiles(archive);
    expect((await buffer(files.open('long'.repeat(40)))).toString()).toBe('long');
    await files.close();
  });

  it('refuses JSON that is too large', async () => {
    const files: Files = { size: async () => 1e9, open: () => buffer as never, close: async () => {} };
    await expect(readSmall(files, 'manifest.json', 'app')).rejects.toThrowError('manifest.json of app is too large: 1000000000 bytes.');
  });
});
