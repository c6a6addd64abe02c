import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LocalSession } from '../../../src/engines/local/session.js';
import { SessionFolder } from '../../../src/engines/sessionfolder.js';
import { parseImageName } from '../../../src/images/name.js';
import { type LayeredName, openSource } from '../../../src/images/transports/open.js';
import { layerTar, type Member, ociLayout } from '../../support/image.js';

/** A session that has imported an image with one layer. */
async function imported(members: readonly Member[]) {
  const folder = await SessionFolder.create();
  const session = new LocalSession(folder, { user: 'identity', overlay: 'kernel' });
  onTestFinished(() => session.close());
  const layout = ociLayout(mkdtempSync(join(tmpdir(), 'pyshrink-layout-')), [{ layers: [layerTar(members)] }]);
  const source = await openSource(layout, parseImageName(`oci:${layout}`) as LayeredName, undefined, () => session.spool());
  return { session, folder, info: await session.importImage(source) };
}

/** All paths below a folder. */
const below = (folder: string) => (readdirSync(folder, { recursive: true }) as string[]).map((path) => join(folder, path));

describe('an image that the local engine imports', () => {
  it('puts no device and no file that runs as its owner into the folder of the session, and has them in the inventory', async () => {
    const { session, folder, info } = await imported([
      { path: '/bin' },
      { path: '/bin/su', content: 'x', mode: 0o6755 },
      { path: '/bin/disk', type: 'b', device: [8, 0], mode: 0o666 },
      { path: '/bin/null', type: 'c', device: [1, 3], mode: 0o666 },
    ]);
    const found = below(folder.path).map((path) => ({ path, status: lstatSync(path) }));
    expect(found.filter(({ path }) => path.endsWith('/bin/su'))).toHaveLength(1);
    const dangerous = found.filter(({ status }) => status.isBlockDevice() || status.isCharacterDevice() || status.mode & 0o6000);
    expect(dangerous.map(({ path }) => path)).toEqual([]);
    const entries = await session.entriesOf(info.id);
    expect(entries?.get('/bin/su')).toMatchObject({ mode: 0o6755 });
    expect(entries?.get('/bin/disk')).toMatchObject({ type: 'b', device: [8, 0] });
    expect(entries?.get('/bin/null')).toMatchObject({ type: 'c', device: [1, 3] });
  });

  it('has the digests of its files, also of names that are no UTF-8', async () => {
    const { session, info } = await imported([
      { path: '/a' },
      { path: '/a/file', content: 'abc' },
      { path: '/a/\udcff', content: 'abc' },
      { path: '/a/link', type: 'l', target: 'file' },
    ]);
    // FIPS 180-2, appendix B.1
    const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const digests = await Promise.all(
      ['/a/file', '/a/\udcff', '/a/link', '/a', '/a/none'].map((path) => session.fileDigest(info.id, path)),
    );
    expect(digests).toEqual([ABC, ABC, ABC, undefined, undefined]);
    expect(await session.fileDigest('sha256:other', '/a/file')).toBeUndefined();
  });
});

it('the digests of the files of a directory are found through its links, and never outside of it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'pyshrink-root-'));
  const outside = mkdtempSync(join(tmpdir(), 'pyshrink-outside-'));
  writeFileSync(join(outside, 'secret'), 'abc');
  mkdirSync(join(root, 'usr/lib'), { recursive: true });
  writeFileSync(join(root, 'usr/lib/file'), 'abc');
  symlinkSync('usr/lib', join(root, 'lib'));
  symlinkSync(outside, join(root, 'out'));
  const session = new LocalSession(await SessionFolder.create(), { user: 'identity', overlay: 'kernel' });
  onTestFinished(() => session.close());
  const { id } = await session.importDirectory('rootfs:', root);
  expect(await session.fileDigest(id, '/lib/file')).toMatch(/^sha256:ba7816bf/);
  expect(existsSync(join(root, 'out/secret'))).toBe(true);
  expect(await session.fileDigest(id, '/out/secret')).toBeUndefined();
});
