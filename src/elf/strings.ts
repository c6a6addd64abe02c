import type { ReadRange } from './reader.js';
import { readSections } from './sections.js';

/** Read-only data, with strings among it. Source: gABI, "Special Sections"; `.lrodata` is that of the large model (x86-64 psABI). */
const READ_ONLY = /^\.l?rodata(\.|$)/;
/** The same, and data with values from the start. */
const DATA = /^\.(l?rodata|l?data)(\.|$)/;
/** Bytes that are read at once. */
const CHUNK = 4 << 20;
/** A longer string is no name of a file that a program opens. */
const LONGEST = 256;
/** A whole string that names a library: `libx.so.9`, `/usr/lib/libx.so`, `$ORIGIN/../libx.so.24.0git`. */
const LIBRARY = /^[\w$./{}+~@-]*[\w+-]\.so(\.[\w+~-]+)*$/;
/** A whole string that is the path of a folder or a file, without blanks. */
const SYSTEM_PATH = /^\/(usr|etc)\/[\w.+/-]+$/;

/**
 * Names and paths of shared libraries among the read-only strings of an ELF file: what its code may give to dlopen(3). Only
 * whole strings of C count; those of other languages have no end that can be seen.
 * @returns sorted; [] for a file without sections
 */
export function librariesNamed(read: ReadRange): Promise<string[]> {
  return stringsWith(['.so'], LIBRARY, READ_ONLY, read);
}

/** Paths of the system among the strings of an ELF file, also in data that the program may change: /usr/lib/R in Rscript. Sorted. */
export function pathsNamed(read: ReadRange): Promise<string[]> {
  return stringsWith(['/usr/', '/etc/'], SYSTEM_PATH, DATA, read);
}

/**
 * Those of some words that are strings of an ELF file, or the end of one: a linker stores `ssh` within `autossh`, which ends like it
 * (ld(1), -O: string merging).
 */
export async function wordsNamed(words: readonly string[], read: ReadRange): Promise<string[]> {
  const texts = await stringsWith(
    words.map((word) => `${word}\0`),
    /^/,
    DATA,
    read,
  );
  return words.filter((word) => texts.some((text) => text.endsWith(word)));
}

/** @param marks one of them is in each string that is looked for */
async function stringsWith(marks: readonly string[], pattern: RegExp, sections: RegExp, read: ReadRange): Promise<string[]> {
  const found = new Set<string>();
  for (const { name, offset, size } of await readSections(read)) {
    if (!sections.test(name)) continue;
    // Chunks overlap, so that a name on a border is whole in one of them.
    for (let at = 0; at < size; at += CHUNK) {
      const from = Math.max(0, at - 2 * LONGEST);
      const wanted = Math.min(size, at + CHUNK) - from;
      const bytes = await read(offset + from, wanted);
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (const mark of marks) for (const text of stringsAt(mark, buffer, from === 0)) if (pattern.test(text)) found.add(text);
      if (bytes.length < wanted) break; // the end of the file: its sizes are wrong
    }
  }
  return [...found].sort();
}

/** The strings of C that a mark is in. @param isStart whether a string may begin at the first byte; otherwise only after a NUL */
function* stringsAt(mark: string, bytes: Buffer, isStart: boolean): Generator<string> {
  for (let at = bytes.indexOf(mark, 0, 'latin1'); at >= 0; at = bytes.indexOf(mark, at + 1, 'latin1')) {
    const before = bytes.subarray(Math.max(0, at - LONGEST), at).lastIndexOf(0);
    const after = bytes.subarray(at, at + LONGEST).indexOf(0);
    if (after < 0 || (before < 0 && !(isStart && at <= LONGEST))) continue;
    const start = before < 0 ? 0 : Math.max(0, at - LONGEST) + before + 1;
    yield bytes.toString('latin1', start, at + after);
  }
}
