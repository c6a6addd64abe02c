import { readFileHeader, readSectionHeaders, readSectionNames } from './headers.js';
import type { ReadRange } from './reader.js';

/** A part of an ELF file that a compiler or linker made. */
export interface Section {
  name: string;
  offset: number;
  /** Bytes in the file. */
  size: number;
}

/** Sections without bytes in the file (elf(5): SHT_NULL, SHT_NOBITS). */
export const EMPTY: ReadonlySet<number> = new Set([0, 8]);

/**
 * The sections of an ELF file. Format: elf(5), "Section header (Shdr)".
 * @returns [] for a file that has none, or that is no ELF file
 */
export async function readSections(from: ReadRange): Promise<Section[]> {
  const read = careful(from);
  const header = await readFileHeader(read);
  if (!header) return [];
  const headers = await readSectionHeaders(read, header);
  const names = (await readSectionNames(read, header, headers)) ?? [];
  return headers.flatMap(({ type, offset, size }, index) => {
    const name = names[index];
    return name === undefined || EMPTY.has(type) || !Number.isSafeInteger(offset + size) ? [] : [{ name, offset, size }];
  });
}

/** Programs run without sections, so nobody has checked their offsets. */
export function careful(from: ReadRange): ReadRange {
  return async (offset, length) => (Number.isSafeInteger(offset + length) ? from(offset, length) : new Uint8Array());
}
