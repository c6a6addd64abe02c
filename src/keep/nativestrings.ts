import { type Strings, stringsNamed } from '../elf/strings.js';
import type { RootFs } from '../rootfs.js';

/** The strings of ELF files of one image. They are asked for again after each repair. */
const KNOWN = new WeakMap<RootFs, Map<string, Promise<Strings>>>();

/** The names and paths among the strings of an ELF file. @param path without links */
export function nativeStrings(fs: RootFs, path: string): Promise<Strings> {
  const ofImage = KNOWN.get(fs) ?? new Map<string, Promise<Strings>>();
  KNOWN.set(fs, ofImage);
  const strings = ofImage.get(path) ?? stringsNamed((offset, length) => fs.read(path, offset, length));
  ofImage.set(path, strings);
  return strings;
}
