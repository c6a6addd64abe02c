import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explained } from '../../../errors.js';
import { dockerArchiveStream } from '../../../tar/dockerarchive.js';
import { compressionOf } from '../../compression.js';
import { plainBytes } from '../../layers/apply.js';
import type { DigestReader } from '../../layers/digests.js';
import { describeBlob, type ImageSource, type StoredLayer } from '../../source.js';

/**
 * Streams an image as an archive of `docker save`. Its layers are plain.
 * @param name name that the image gets when it is loaded
 * @param spool names a new file; a compressed layer is unpacked to it, since its size comes before its bytes
 * @param digests works out digests of files meanwhile
 */
export function dockerArchive(source: ImageSource, name: string, spool: () => Promise<string>, digests?: DigestReader): Readable {
  return dockerArchiveStream(async (add) => {
    const paths: string[] = [];
    for (const layer of source.layers) {
      const path = `${layer.diffId.slice('sha256:'.length)}/layer.tar`;
      if (!paths.includes(path)) {
        const { size, open } = await plainLayer(layer, source.reference, spool);
        await add({ path, size, bytes: digests ? digests.layer(open()) : open() });
      } else if (digests) for await (const _ of digests.layer(plainBytes(layer, describeBlob('layer', layer.digest, source.reference))));
      paths.push(path);
    }
    return { config: source.configBytes, name, layers: paths };
  });
}

/** The uncompressed tar of a layer, with its size. */
async function plainLayer(
  layer: StoredLayer,
  reference: string,
  spool: () => Promise<string>,
): Promise<{ size: number; open: () => AsyncIterable<Buffer> }> {
  const what = describeBlob('layer', layer.digest, reference);
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
