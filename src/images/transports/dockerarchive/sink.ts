import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { explained } from '../../../errors.js';
import { compressionOf } from '../../compression.js';
import { sha256 } from '../../digest.js';
import { plainBytes } from '../../layers/apply.js';
import type { ImageSource, StoredLayer } from '../../source.js';

/**
 * An archive as `docker save` writes it ("Docker Image Specification v1.2"), with plain layers, streamed.
 * @param spool names a file for a layer that is compressed, since its length is wanted before its bytes
 */
export function dockerArchive(source: ImageSource, name: string, spool: () => Promise<string>): Readable {
  const archive = pack();
  write(archive, source, name, spool).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  return archive as unknown as Readable;
}

async function write(archive: Pack, source: ImageSource, name: string, spool: () => Promise<string>): Promise<void> {
  const paths: string[] = [];
  for (const layer of source.layers) {
    const path = `${layer.diffId.slice('sha256:'.length)}/layer.tar`;
    if (!paths.includes(path)) {
      const { size, open } = await plainLayer(layer, source.reference, spool);
      await pipeline(open(), archive.entry({ name: path, size, mtime: new Date(0) }));
    }
    paths.push(path);
  }
  const config = `${sha256(source.configBytes).slice('sha256:'.length)}.json`;
  await entry(archive, config, source.configBytes);
  await entry(archive, 'manifest.json', Buffer.from(JSON.stringify([{ Config: config, RepoTags: [name], Layers: paths }])));
}

/** A layer's tar, whose length is known. */
async function plainLayer(
  layer: StoredLayer,
  reference: string,
  spool: () => Promise<string>,
): Promise<{ size: number; open: () => AsyncIterable<Buffer> }> {
  const what = `The layer ${layer.digest.slice(0, 19)} of ${reference}`;
  if (layer.size !== undefined && layer.digest === layer.diffId && (await isPlain(layer)))
    return { size: layer.size, open: () => plainBytes(layer, what) };
  const path = await spool();
  let size = 0;
  const counted = async function* () {
    for await (const chunk of plainBytes(layer, what)) {
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(counted, createWriteStream(path)).catch((error: unknown) => {
    throw explained(error, path);
  });
  return { size, open: () => createReadStream(path) };
}

async function isPlain(layer: StoredLayer): Promise<boolean> {
  for await (const head of layer.open()) return compressionOf(head) === 'none';
  return true;
}

function entry(archive: Pack, name: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mtime: new Date(0) }, body, (error) => (error ? reject(error) : resolve()));
  });
}
