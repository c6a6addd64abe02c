import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { explained } from '../../errors.js';
import { gzipped } from '../compression.js';
import { sha256 } from '../digest.js';
import { plainBytes } from '../layers/apply.js';
import { OCI } from '../mediatypes.js';
import type { Platform } from '../platform.js';
import { describeBlob, type ImageSource, readConfig, type StoredLayer } from '../source.js';

/** A blob with its descriptor's fields (OCI image specification, "Content Descriptors"). */
export interface Blob {
  mediaType: string;
  digest: string;
  size: number;
  /** Its bytes, or a file that contains them. */
  content: { path: string } | Buffer;
}

/** An image as blobs, for a layout or a registry (OCI image specification, "Image Manifest"). */
export interface OciImage {
  layers: Blob[];
  config: Blob;
  manifest: Blob;
  platform: Platform;
}

/**
 * Makes the blobs of an image. Layers are compressed with gzip, which every registry and engine reads.
 * @param spool names a new file for each layer
 */
export async function ociImage(source: ImageSource, spool: () => Promise<string>): Promise<OciImage> {
  const layers: Blob[] = [];
  for (const layer of source.layers) layers.push(await compressed(layer, source.reference, await spool()));
  const config = blobOf(OCI.config, source.configBytes);
  const descriptor = ({ mediaType, digest, size }: Blob) => ({ mediaType, digest, size });
  const manifest = { schemaVersion: 2, mediaType: OCI.manifest, config: descriptor(config), layers: layers.map(descriptor) };
  const { platform } = readConfig(source.configBytes, source.reference);
  return { layers, config, manifest: blobOf(OCI.manifest, Buffer.from(JSON.stringify(manifest))), platform };
}

/** A blob of some bytes. */
export function blobOf(mediaType: string, content: Buffer): Blob {
  return { mediaType, digest: sha256(content), size: content.length, content };
}

async function compressed(layer: StoredLayer, reference: string, path: string): Promise<Blob> {
  const hash = createHash('sha256');
  let size = 0;
  const counted = async function* () {
    for await (const chunk of gzipped(plainBytes(layer, describeBlob('layer', layer.digest, reference)))) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(counted, createWriteStream(path)).catch((error: unknown) => {
    throw explained(error, path);
  });
  return { mediaType: OCI.gzipLayer, digest: `sha256:${hash.digest('hex')}`, size, content: { path } };
}
