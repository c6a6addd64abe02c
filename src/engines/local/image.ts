import type { ImageConfig } from '../../images/config.js';
import type { ImageSource } from '../../images/source.js';
import type { Entry } from '../../rootfs.js';
import type { ImageInfo } from '../engine.js';

/** An image as directories of this machine, the uppermost first. */
export interface LocalImage {
  layers: readonly string[];
  config: ImageConfig;
  info: ImageInfo;
  /** undefined: to be asked of a container. */
  entries?: Map<string, Entry>;
  source?: ImageSource;
}
