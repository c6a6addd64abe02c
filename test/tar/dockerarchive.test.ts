import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type ArchiveLayer, dockerArchiveStream } from '../../src/tar/dockerarchive.js';
import { TarReader } from '../../src/tar/reader.js';

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function* pieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

/** Paths and digests of an archive's members, in their order. */
function members(archive: Buffer): [string, string][] {
  const found: [string, string][] = [];
  const reader = new TarReader(({ path }) => {
    const parts: Buffer[] = [];
    return { write: (data) => parts.push(Buffer.from(data)), end: () => found.push([path, digest(Buffer.concat(parts))]) };
  }, 'the archive');
  reader.write(archive);
  reader.end();
  return found;
}

const config = Buffer.from('{"os":"linux"}');
const configPath = `${digest(config)}.json`;
const first = Buffer.alloc(700_000, 'a');
const second = Buffer.alloc(1024, 'b');
const layer = (path: string, data: Buffer): ArchiveLayer => ({ path, size: data.length, bytes: pieces(data, 1000) });

describe('dockerArchiveStream', () => {
  it('writes the layers, then the configuration, then the manifest', async () => {
    const archive = await buffer(
      dockerArchiveStream(async (add) => {
        await add(layer('one/layer.tar', first));
        await add(layer('two/layer.tar', second));
        return { config, name: 'app:1', layers: ['base/layer.tar', 'one/layer.tar', 'two/layer.tar'] };
      }),
    );
    const manifest = JSON.stringify([
      { Config: configPath, RepoTags: ['app:1'], Layers: ['base/layer.tar', 'one/layer.tar', 'two/layer.tar'] },
    ]);
    expect(members(archive)).toEqual([
      ['/one/layer.tar', digest(first)],
      ['/two/layer.tar', digest(second)],
      [`/${configPath}`, digest(config)],
      ['/manifest.json', digest(Buffer.from(manifest))],
    ]);
  });

  it('gives the same bytes, however a layer is cut', async () => {
    const archive = (size: number) =>
      buffer(
        dockerArchiveStream(async (add) => {
          await add({ path: 'one/layer.tar', size: first.length, bytes: pieces(first, size) });
          return { config, name: 'app:1', layers: ['one/layer.tar'] };
        }),
      );
    expect((await archive(999)).equals(await archive(300_000))).toBe(true);
  });

  it.each<[string, (add: (layer: ArchiveLayer) => Promise<void>) => Promise<never>]>([
    ['an error of the caller', () => Promise.reject(new Error('the daemon is gone'))],
    [
      'an error in the middle of a layer',
      async (add) => {
        const bytes = async function* () {
          yield second;
          throw new Error('the daemon is gone');
        };
        await add({ path: 'one/layer.tar', size: 5000, bytes: bytes() });
        throw new Error('not reached');
      },
    ],
  ])('fails with %s', async (_, fill) => {
    await expect(buffer(dockerArchiveStream(fill))).rejects.toThrow('the daemon is gone');
  });

  it('fails when a layer has another size than it said', async () => {
    const stream = dockerArchiveStream(async (add) => {
      await add({ path: 'one/layer.tar', size: second.length + 1, bytes: pieces(second, 100) });
      return { config, name: 'app:1', layers: [] };
    });
    await expect(buffer(stream)).rejects.toThrow(/[Ss]ize mismatch/);
  });
});
