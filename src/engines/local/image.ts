import type { ImageConfig } from '../../images/config.js';
import { digestOfFile } from '../../images/digest.js';
import type { ImageSource } from '../../images/source.js';
import type { Entry } from '../../rootfs.js';
import { pathBytes } from '../../tar/pathbytes.js';
import type { ImageInfo } from '../engine.js';
import { findInRoot } from './inroot.js';

/** An image as directories on this computer. */
export interface LocalImage {
  /** Directories, the uppermost first. */
  layers: readonly string[];
  config: ImageConfig;
  info: ImageInfo;
  /** All entries, where we unpacked the image; undefined where a container has to be asked. */
  entries?: Map<string, Entry>;
  source?: ImageSource;
  /** Bytes of the files of each layer of `source`, bottom first. */
  sizes?: readonly number[];
}

/** Digest of a file of an image as its layers have it. Undefined where there is no regular file, or one that can't be read. */
export async function storedDigest(image: LocalImage | undefined, path: string): Promise<string | undefined> {
  const { layers = [], entries } = image ?? {};
  const [only, ...others] = layers;
  // Parents of an entry are folders, so there is no link to follow. Most files of an image are found in this way.
  const direct = only !== undefined && others.length === 0 && entries?.get(path)?.type === 'f' ? pathBytes(`${only}${path}`) : undefined;
  const at = direct ?? (await findInRoot(layers, path)).at;
  return at === undefined ? undefined : digestOfFile(at);
}
