import { Fields } from './fields.js';
import type { ReadRange } from './reader.js';

/** Where the fields of ELF's headers are, in bytes, by the bits of the file. Format: elf(5), Ehdr, Phdr and Shdr. */
const PLACES = {
  32: {
    file: {
      size: 52,
      type: 16,
      machine: 18,
      programs: 28,
      sections: 32,
      programSize: 42,
      programCount: 44,
      sectionSize: 46,
      sectionCount: 48,
      names: 50,
    },
    program: { size: 32, type: 0, offset: 4, address: 8, length: 16, align: 28 },
    section: { size: 40, name: 0, type: 4, flags: 8, offset: 16, length: 20, link: 24 },
  },
  64: {
    file: {
      size: 64,
      type: 16,
      machine: 18,
      programs: 32,
      sections: 40,
      programSize: 54,
      programCount: 56,
      sectionSize: 58,
      sectionCount: 60,
      names: 62,
    },
    program: { size: 56, type: 0, offset: 8, address: 16, length: 32, align: 48 },
    section: { size: 64, name: 0, type: 4, flags: 8, offset: 24, length: 32, link: 40 },
  },
} as const;
type Places = (typeof PLACES)[32 | 64];

/** More than any real file has. They keep a corrupt file from making us read without end. */
const MOST = { programs: 4096, sections: 4096 };

/** The header at the beginning of an ELF file. */
export interface FileHeader {
  fields: Fields;
  places: Places;
  /** Number of program headers and of section headers, as the header says. */
  programs: number;
  sections: number;
}

/** A part that ld.so or the kernel loads. */
export interface Segment {
  type: number;
  offset: number;
  address: number;
  /** Bytes in the file. */
  size: number;
  align: number;
}

/** A section header. */
export interface SectionHeader {
  /** Where its name begins in the table of names. */
  name: number;
  type: number;
  flags: number;
  offset: number;
  /** Bytes; in the file, unless the type is SHT_NOBITS. */
  size: number;
  /** Index of the section that it refers to. */
  link: number;
}

/** @returns undefined for a file that is no ELF file, or whose header is cut off */
export async function readFileHeader(read: ReadRange): Promise<FileHeader | undefined> {
  const head = await read(0, 64);
  if (head.length < 52 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) return undefined;
  const bits = head[4] === 2 ? 64 : head[4] === 1 ? 32 : undefined;
  if (!bits || (head[5] !== 1 && head[5] !== 2) || head.length < PLACES[bits].file.size) return undefined;
  const fields = new Fields(head, head[5] === 1, bits);
  const { file } = PLACES[bits];
  return { fields, places: PLACES[bits], programs: fields.u16(file.programCount), sections: fields.u16(file.sectionCount) };
}

/** The table of program headers, as far as the file has it. @throws RangeError where its entries are too short */
export async function readSegments(read: ReadRange, { fields, places, programs }: FileHeader): Promise<Segment[]> {
  const size = fields.u16(places.file.programSize);
  const table = new Fields(
    await read(fields.word(places.file.programs), size * Math.min(programs, MOST.programs)),
    fields.little,
    fields.bits,
  );
  const { type, offset, address, length, align } = places.program;
  return startsOf(table, size).map((at) => ({
    type: table.u32(at + type),
    offset: table.word(at + offset),
    address: table.word(at + address),
    size: table.word(at + length),
    align: table.word(at + align),
  }));
}

/** The table of section headers, as far as the file has it. @returns [] where there is none, or its entries have another size */
export async function readSectionHeaders(read: ReadRange, { fields, places, sections }: FileHeader): Promise<SectionHeader[]> {
  const start = fields.word(places.file.sections);
  const { size, name, type, flags, offset, length, link } = places.section;
  if (start === 0 || fields.u16(places.file.sectionSize) !== size) return [];
  const table = new Fields(await read(start, size * Math.min(sections, MOST.sections)), fields.little, fields.bits);
  return startsOf(table, size).map((at) => ({
    name: table.u32(at + name),
    type: table.u32(at + type),
    flags: table.word(at + flags),
    offset: table.word(at + offset),
    size: table.word(at + length),
    link: table.u32(at + link),
  }));
}

/** Where the whole entries of a table begin. */
function startsOf({ length }: Fields, size: number): number[] {
  return size === 0 ? [] : Array.from({ length: Math.floor(length / size) }, (_, index) => index * size);
}

/** Bytes of names of sections that are read at most. */
const LONGEST_NAMES = 1 << 20;

/** The name of each section. @returns undefined where the file has no table of names */
export async function readSectionNames(
  read: ReadRange,
  { fields, places }: FileHeader,
  headers: readonly SectionHeader[],
): Promise<string[] | undefined> {
  const table = headers[fields.u16(places.file.names)];
  if (table === undefined) return undefined;
  const text = Buffer.from(await read(table.offset, Math.min(table.size, LONGEST_NAMES)));
  return headers.map(({ name }) => {
    const end = text.indexOf(0, name);
    return text.toString('latin1', name, end < 0 ? undefined : end);
  });
}
