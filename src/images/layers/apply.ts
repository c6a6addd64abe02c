import { requireBound } from '../../bounds.js';
import { debug } from '../../debug.js';
import type { Entry } from '../../rootfs.js';
import { TarReader } from '../../tar/reader.js';
import { decompressed } from '../compression.js';
import { checked } from '../digest.js';
import { describeBlob, type ImageSource, type StoredLayer } from '../source.js';
import { UnpackedDisk } from './disk.js';
import { type Disk, LayeredTree } from './tree.js';

/** The file system that an image's layers make. */
export interface Applied {
  entries: Map<string, Entry>;
  /** Bytes of all files in all layers, hidden ones too. Engines call this the size of an image. */
  size: number;
  /** The same of each layer, bottom first. */
  layerSizes: number[];
}

/**
 * Streams the layers of an image to a disk, lowest first, and checks their digests.
 * @throws UserError when a layer is damaged
 */
export async function applyLayers(source: ImageSource, disk: Disk): Promise<Applied> {
  const tree = new LayeredTree(disk, `A layer of ${source.reference}`);
  let size = 0;
  const layerSizes: number[] = [];
  for (const layer of source.layers) {
    tree.startLayer();
    const start = performance.now();
    const below = size;
    let bytes = 0;
    const what = describeBlob('layer', layer.digest, source.reference);
    const reader = new TarReader((entry) => {
      size += entry.size;
      requireBound('unpacked', size, what);
      return tree.apply(entry);
    }, what);
    for await (const chunk of plainBytes(layer, what)) {
      reader.write(chunk);
      bytes += chunk.length;
    }
    reader.end();
    layerSizes.push(size - below);
    debug.engine('read layer %s: %d bytes of tar in %d ms', layer.digest, bytes, Math.round(performance.now() - start));
  }
  return { entries: tree.entries, size, layerSizes };
}

/**
 * Unpacks an image into an empty directory.
 * @param harmless leaves out what users of this computer could misuse: device files and setuid bits
 */
export async function unpackImage(source: ImageSource, folder: string, { harmless = false } = {}): Promise<Applied> {
  const disk = new UnpackedDisk(folder, harmless);
  const applied = await applyLayers(source, disk);
  await disk.finish(applied.entries.get('/') as Entry);
  return applied;
}

/**
 * Reads the uncompressed tar of a layer, and checks both of its digests.
 * @param what subject of error messages
 * @throws UserError when the layer is damaged
 */
export async function* plainBytes(layer: StoredLayer, what: string): AsyncGenerator<Buffer> {
  const stored = layer.digest === layer.diffId ? layer.open() : checked(layer.open(), layer.digest, what);
  yield* checked(decompressed(stored, what), layer.diffId, what);
}
