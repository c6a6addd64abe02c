import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostImage } from '../../src/engines/host/image.js';
import { LocalSession } from '../../src/engines/local/session.js';
import { SessionFolder } from '../../src/engines/sessionfolder.js';
import { identityOf } from '../../src/guest/helper.js';
import { openDockerArchive } from '../../src/images/transports/dockerarchive/source.js';
import { dockerArchive, layerTar } from '../support/image.js';

// What modules name is remembered by this identity: see test/guest/analyst.test.ts. A daemon compares layers itself.
describe('what names an image by its content', () => {
  let here: string;
  let folder: SessionFolder;
  let session: LocalSession;
  beforeEach(async () => {
    here = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    vi.stubEnv('PYSHRINK_CACHE', here);
    folder = await SessionFolder.create();
    session = new LocalSession(folder, { refused: 'not needed here' });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder.path, { recursive: true, force: true });
    await folder.forget();
  });

  const imported = async (name: string, archive: Buffer) => {
    const path = join(here, name);
    writeFileSync(path, archive);
    return session.importImage(await openDockerArchive(path, path, undefined, () => session.spool()));
  };
  const archiveOf = (content: string) => dockerArchive([{ layers: [layerTar([{ path: '/a.py', content }])], config: {}, tags: [] }]);

  it('local engine: the digests of its configuration and of its layers, which are compared with it', async () => {
    const [one, other] = [await imported('one.tar', archiveOf('import one')), await imported('other.tar', archiveOf('import two'))];
    expect(identityOf(one)).toMatch(/^sha256:[0-9a-f]{64},sha256:[0-9a-f]{64}$/);
    expect(identityOf(one)).not.toBe(identityOf(other));
  });

  it('local engine: an image with the configuration of another one and files of its own is refused', async () => {
    const forged = Buffer.from(archiveOf('import one').toString('latin1').replace('import one', 'import bad'), 'latin1');
    await expect(imported('forged.tar', forged)).rejects.toThrow(/digest|sha256|damaged/);
  });

  it('has none: a folder, and this computer, which may change from run to run', async () => {
    expect(identityOf(await session.importDirectory('rootfs:', here))).toBeUndefined();
    expect(identityOf(await hostImage([process.execPath], []))).toBeUndefined();
  });
});
