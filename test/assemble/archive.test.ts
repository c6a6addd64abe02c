import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { imageArchive } from '../../src/assemble/archive.js';
import { planLayers } from '../../src/assemble/layers.js';
import type { Edit } from '../../src/elf/strip.js';
import { sha256 } from '../../src/images/digest.js';
import type { Entry } from '../../src/rootfs.js';
import { TarReader } from '../../src/tar/reader.js';
import { makeTree } from '../support/tree.js';

const large = 'y'.repeat(600_000);
const fs = makeTree({ '/app/main.py': 'print(1)', '/app/data': large, '/app/empty': '', '/etc/passwd': 'root' });
const PLACES = { executable: '/usr/bin/python3', version: '3.12.1', sitePackages: [] };

/** The bytes of the files, in chunks that do not end where the files end. */
async function contentsOf(files: readonly Entry[], missing = 0): Promise<Buffer[]> {
  const all = Buffer.concat(await Promise.all(files.map(({ path, size }) => fs.read(path, 0, size))));
  const chunks: Buffer[] = [];
  for (let at = 0; at < all.length - missing; at += 1000) chunks.push(all.subarray(at, Math.min(at + 1000, all.length - missing)));
  return chunks;
}

const digests = new Map<string, string>();
const sent = new Map<string, string>();
function archive(missing = 0, edits: ReadonlyMap<string, Edit> = new Map()): Promise<Buffer> {
  const entries = [...fs.entries.values()].map((entry) => ({ ...entry, size: edits.get(entry.path)?.after ?? entry.size }));
  return buffer(
    imageArchive({
      layers: planLayers(entries, fs, PLACES),
      baseLayers: 1,
      digested: (path, digest, original) => {
        digests.set(path, digest);
        sent.set(path, original);
      },
      edits,
      name: 'app:1',
      contents: async (files, use) => {
        const chunks = await contentsOf(files, missing);
        await use(
          (async function* () {
            yield* chunks;
          })(),
        );
      },
      config: (diffIds) => Buffer.from(JSON.stringify(diffIds)),
    }),
  );
}

function members(tar: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const reader = new TarReader(({ path }) => {
    const parts: Buffer[] = [];
    return { write: (data) => parts.push(Buffer.from(data)), end: () => found.set(path, Buffer.concat(parts)) };
  }, 'the archive');
  reader.write(tar);
  reader.end();
  return found;
}

describe('imageArchive', () => {
  it('contains the layers with the contents of their files, and names their digests', async () => {
    const files = members(await archive());
    const system = files.get('/system/layer.tar') as Buffer;
    const app = files.get('/app/layer.tar') as Buffer;
    expect(members(system).get('/etc/passwd')?.toString()).toBe('root');
    expect(members(app).get('/app/data')?.toString() === large).toBe(true);
    expect([...members(app).keys()]).toEqual(['/', '/app', '/app/data', '/app/empty', '/app/main.py']);
    const config = Buffer.from(JSON.stringify([sha256(system), sha256(app)]));
    expect(JSON.parse(files.get('/manifest.json')?.toString() ?? '')).toEqual([
      {
        Config: `${sha256(config).slice('sha256:'.length)}.json`,
        RepoTags: ['app:1'],
        Layers: ['base-0/layer.tar', 'system/layer.tar', 'app/layer.tar'],
      },
    ]);
  });

  it('gives the digest of each file that has bytes', async () => {
    await archive();
    expect(digests.get('/etc/passwd')).toBe(sha256('root'));
    expect(digests.get('/app/data')).toBe(sha256(large));
    expect(digests.has('/app/empty')).toBe(false);
  });

  it('writes an edited file in its place, and knows the digests of both', async () => {
    const edit = {
      before: large.length,
      after: large.length - 1500,
      cuts: [{ from: 999, to: 2499 }],
      patches: [{ at: 2500, bytes: Buffer.from('AB') }],
    };
    const files = members(await archive(0, new Map([['/app/data', edit]])));
    const app = members(files.get('/app/layer.tar') as Buffer);
    const expected = `${'y'.repeat(1000)}AB${'y'.repeat(large.length - 2502)}`;
    expect(app.get('/app/data')?.toString() === expected).toBe(true);
    expect(app.get('/app/main.py')?.toString()).toBe('print(1)');
    expect([digests.get('/app/data'), sent.get('/app/data')]).toEqual([sha256(expected), sha256(large)]);
    expect(sent.get('/app/main.py')).toBe(digests.get('/app/main.py'));
  });

  it('is the same for the same entries', async () => {
    expect((await archive()).equals(await archive())).toBe(true);
  });

  it('fails when the original image sends too few bytes', async () => {
    await expect(archive(1)).rejects.toThrow('the original image sent fewer bytes than its kept files have');
  });
});
