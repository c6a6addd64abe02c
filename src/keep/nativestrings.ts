import { type Strings, stringsNamed, wordsNamed } from '../elf/strings.js';
import { baseName, type RootFs } from '../rootfs.js';
import type { Context } from './rule.js';

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

/** Those files that an ELF file has by their names among its strings: nmap-services of nmap. */
export async function filesNamed(by: string, files: readonly string[], fs: RootFs): Promise<string[]> {
  if (files.length === 0) return [];
  const names = new Set(await wordsNamed(files.map(baseName), (offset, length) => fs.read(by, offset, length)));
  return files.filter((path) => names.has(baseName(path)));
}

/** Whether a file is a native program, and no library. */
export async function isNative(path: string, { isElf, libraries }: Pick<Context, 'isElf' | 'libraries'>): Promise<boolean> {
  return isElf(path) && (await libraries.elf(path))?.program === true;
}
