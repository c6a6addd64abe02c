import type { ImageConfig } from '../../images/config.js';
import type { ImageSource } from '../../images/source.js';
import type { Entry } from '../../rootfs.js';
import type { ImageInfo } from '../engine.js';

/** An image as directories on this computer. */
export interface LocalImage {
  /** Directories, the uppermost first. */
  layers: readonly string[];
  config: ImageConfig;
  info: ImageInfo;
  /** All entries, where we unpacked the image; undefined where a container has to be asked. */
  entries?: Map<string, Entry>;
  source?: ImageSource;
}
