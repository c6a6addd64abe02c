import type { ReadRange } from './reader.js';
import { readSections } from './sections.js';

/** Read-only data, with strings among it. Source: gABI, "Special Sections"; `.lrodata` is that of the large model (x86-64 psABI). */
const READ_ONLY = /^\.l?rodata(\.|$)/;
/** Bytes that are read at once. */
const CHUNK = 4 << 20;
/** A longer string is no name of a file that a program opens. */
const LONGEST = 256;
/** A whole string that names a library: `libx.so.9`, `/usr/lib/libx.so`, `$ORIGIN/../libx.so.24.0git`. */
const LIBRARY = /^[\w$./{}+~@-]*[\w+-]\.so(\.[\w+~-]+)*$/;
const MARK = Buffer.from('.so');

/**
 * Names and paths of shared libraries among the read-only strings of an ELF file: what its code may give to dlopen(3). Only
 * whole strings of C count; those of other languages have no end that can be seen.
 * @returns sorted; [] for a file without sections
 */
export async function librariesNamed(read: ReadRange): Promise<string[]> {
  const found = new Set<string>();
  for (const { name, offset, size } of await readSections(read)) {
    if (!READ_ONLY.test(name)) continue;
    // Chunks overlap, so that a name on a border is whole in one of them.
    for (let at = 0; at < size; at += CHUNK) {
      const from = Math.max(0, at - 2 * LONGEST);
      const wanted = Math.min(size, at + CHUNK) - from;
      const bytes = await read(offset + from, wanted);
      for (const text of namesIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), from === 0)) found.add(text);
      if (bytes.length < wanted) break; // the end of the file: its sizes are wrong
    }
  }
  return [...found].sort();
}

/** @param isStart whether a string may begin at the first byte; otherwise only after a NUL */
function namesIn(bytes: Buffer, isStart: boolean): string[] {
  const names: string[] = [];
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    const before = bytes.subarray(Math.max(0, at - LONGEST), at).lastIndexOf(0);
    const after = bytes.subarray(at, at + LONGEST).indexOf(0);
    if (after < 0 || (before < 0 && !(isStart && at <= LONGEST))) continue;
    const start = before < 0 ? 0 : Math.max(0, at - LONGEST) + before + 1;
    const text = bytes.toString('latin1', start, at + after);
    if (LIBRARY.test(text)) names.push(text);
  }
  return names;
}
