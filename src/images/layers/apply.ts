import type { Entry } from '../../rootfs.js';
import { TarReader } from '../../tar/reader.js';
import { decompressed } from '../compression.js';
import { checked } from '../digest.js';
import type { ImageSource, StoredLayer } from '../source.js';
import { UnpackedDisk } from './disk.js';
import { type Disk, LayeredTree } from './tree.js';

/** A file system made of all layers of an image. */
export interface Applied {
  entries: Map<string, Entry>;
  /** Bytes of the files of all layers, those that later ones hide too: what engines call the size of an image. */
  size: number;
}

/**
 * Applies the layers of an image one after the other, streaming, and checks every digest on the way.
 * @throws UserError for a layer that is damaged
 */
export async function applyLayers(source: ImageSource, disk: Disk): Promise<Applied> {
  const tree = new LayeredTree(disk, `A layer of ${source.reference}`);
  let size = 0;
  for (const layer of source.layers) {
    tree.startLayer();
    const what = `The layer ${layer.digest.slice(0, 19)} of ${source.reference}`;
    const reader = new TarReader((entry) => {
      size += entry.size;
      return tree.apply(entry);
    }, what);
    for await (const chunk of plainBytes(layer, what)) reader.write(chunk);
    reader.end();
  }
  return { entries: tree.entries, size };
}

/** Unpacks an image into an empty directory. */
export async function unpackImage(source: ImageSource, folder: string): Promise<Applied> {
  const disk = new UnpackedDisk(folder);
  const applied = await applyLayers(source, disk);
  await disk.finish(applied.entries.get('/') as Entry);
  return applied;
}

/** The bytes of a layer's tar, checked against both of its digests. */
export async function* plainBytes(layer: StoredLayer, what: string): AsyncGenerator<Buffer> {
  const stored = layer.digest === layer.diffId ? layer.open() : checked(layer.open(), layer.digest, what);
  yield* checked(decompressed(stored, what), layer.diffId, what);
}
