import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';

/** Bytes that are written at once. */
const GATHERED = 1 << 18;

/** One layer of an archive. */
export interface ArchiveLayer {
  /** Path in the archive, as the manifest names it. */
  path: string;
  /** Bytes of its tar, which the archive states before them. */
  size: number;
  bytes: AsyncIterable<Buffer>;
}

/** What the archive says about its image. */
export interface ArchiveManifest {
  /** The image's configuration. */
  config: Buffer;
  /** Name that the image gets when it is loaded. */
  name: string;
  /** Paths of all layers, bottom first. `docker load` skips layers that the daemon has, so they may be missing. */
  layers: readonly string[];
}

/**
 * Streams an archive as `docker save` writes it ("Docker Image Specification v1.2", combined image JSON and file system
 * changesets). Configuration and manifest come last, since the digests of the layers are known only after their bytes.
 * tar-stream serves here: an archive has only a few plain members.
 * @param fill adds the layers one after the other, and returns the rest; its errors appear on the stream
 */
export function dockerArchiveStream(fill: (add: (layer: ArchiveLayer) => Promise<void>) => Promise<ArchiveManifest>): Readable {
  const archive = pack();
  const write = async () => {
    const { config, name, layers } = await fill((layer) => addLayer(archive, layer));
    const configPath = `${createHash('sha256').update(config).digest('hex')}.json`;
    await addFile(archive, configPath, config);
    await addFile(archive, 'manifest.json', Buffer.from(JSON.stringify([{ Config: configPath, RepoTags: [name], Layers: layers }])));
  };
  write().then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  return archive as unknown as Readable;
}

async function addLayer(archive: Pack, { path, size, bytes }: ArchiveLayer): Promise<void> {
  await pipeline(gathered(bytes), archive.entry({ name: path, size, mtime: new Date(0) }));
}

function addFile(archive: Pack, name: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mtime: new Date(0) }, body, (error) => (error ? reject(error) : resolve()));
  });
}

/** Joins small chunks. A layer has thousands of headers, and each would be a write of its own to the daemon. */
async function* gathered(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length < GATHERED) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}
