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
const LIBRARY = /^[\w$./{}+~@-]*[\w+-]\.so(?:\.[\w+~-]+)*$/;
/**
 * A whole string that is the path of a folder or a file, without blanks. A number may stand before it without a gap: the last byte of most
 * numbers of eight bytes is one of four, for their sign and exponent (IEEE 754, binary64).
 */
const SYSTEM_PATH = /^(?:.{0,7}[?@\xbf\xc0])?(\/(?:usr|etc)\/[\w.+/-]+)$/s;

/** What an ELF file has among its strings. Only whole strings of C count; those of other languages have no end that can be seen. */
export interface Strings {
  /** Names and paths of shared libraries in read-only data: what its code may give to dlopen(3). Sorted. */
  libraries: readonly string[];
  /** Paths of the system, also in data that the program may change: /usr/lib/R in Rscript. Sorted. */
  paths: readonly string[];
}

/** Reads the names and paths among the strings of an ELF file. None are found in a file without sections. */
export async function stringsNamed(read: ReadRange): Promise<Strings> {
  const [libraries = [], paths = []] = await stringsWith(
    [
      { marks: ['.so'], pattern: LIBRARY, sections: READ_ONLY },
      { marks: ['/usr/', '/etc/'], pattern: SYSTEM_PATH, sections: DATA },
    ],
    read,
  );
  return { libraries, paths };
}

/**
 * Those of some words that are strings of an ELF file, or the end of one: a linker stores `ssh` within `autossh`, which ends like it
 * (ld(1), -O: string merging).
 */
export async function wordsNamed(words: readonly string[], read: ReadRange): Promise<string[]> {
  const [texts = []] = await stringsWith([{ marks: words.map((word) => `${word}\0`), pattern: /^/, sections: DATA }], read);
  return words.filter((word) => texts.some((text) => text.endsWith(word)));
}

/** Strings that are looked for. */
interface Wanted {
  /** One of them is in each string. */
  marks: readonly string[];
  /** Of a string that matches, its first group counts, or else all of it. */
  pattern: RegExp;
  /** Names of the sections that may have them. */
  sections: RegExp;
}

/** For each kind of strings, those that are found. Sorted. */
async function stringsWith(wanted: readonly Wanted[], read: ReadRange): Promise<string[][]> {
  const found = wanted.map(() => new Set<string>());
  for (const { name, offset, size } of await readSections(read)) {
    const inSection = wanted.flatMap((one, index) => (one.sections.test(name) ? [[one, found[index] as Set<string>] as const] : []));
    // Chunks overlap, so that a name on a border is whole in one of them.
    for (let at = 0; at < size && inSection.length > 0; at += CHUNK) {
      const from = Math.max(0, at - 2 * LONGEST);
      const length = Math.min(size, at + CHUNK) - from;
      const bytes = await read(offset + from, length);
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (const [{ marks, pattern }, texts] of inSection)
        for (const mark of marks)
          for (const text of stringsAt(mark, buffer, from === 0)) {
            const match = pattern.exec(text);
            if (match) texts.add(match[1] ?? text);
          }
      if (bytes.length < length) break; // the end of the file: its sizes are wrong
    }
  }
  return found.map((texts) => [...texts].sort());
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
