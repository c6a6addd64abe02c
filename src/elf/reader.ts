import { isLibraryName } from '../os/places.js';
import { Fields } from './fields.js';
import { type FileHeader, readFileHeader, readSegments, type Segment } from './headers.js';

/** The parts of an ELF file that ld.so reads. */
export interface Elf {
  /** 32 or 64. */
  bits: 32 | 64;
  /** The architecture's number in the header, see src/arch.ts. */
  eMachine: number;
  /** PT_INTERP: path of the dynamic loader. */
  interpreter?: string;
  /** Whether it has a dynamic section. Static programs have none. */
  dynamic: boolean;
  /** Whether it is a program: it has a loader, an address of its own (ET_EXEC), or DF_1_PIE. Some libraries have a loader, too. */
  program: boolean;
  needed: string[];
  soname?: string;
  rpath?: string;
  runpath?: string;
  /** DF_1_NODEFLIB: the default directories are not searched. */
  noDefaultLib: boolean;
  /** Which of {@link FILE_FUNCTIONS} are among its dynamic symbols. */
  symbols: string[];
  /** Whether a dynamic symbol has the name of what an extension module exports: PyInit_NAME (PEP 489) or PyModExport_NAME (PEP 793). */
  extension: boolean;
  /** Library → symbol versions that are needed from it. */
  versionsNeeded: Record<string, string[]>;
  /** Symbol versions that it defines. */
  versionsDefined: string[];
}

/** Functions of the C library that load modules or configuration files of their own: gconv and NSS. */
export const FILE_FUNCTIONS = ['iconv_open', 'getaddrinfo', 'gethostbyname', 'gethostbyname_r', 'gethostbyaddr'] as const;

/** Reads `length` bytes at `offset`; at the end of the file it returns fewer. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT = {
  needed: 1,
  strtab: 5,
  strsz: 10,
  soname: 14,
  rpath: 15,
  runpath: 29,
  flags1: 0x6ffffffb,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff,
} as const;
const ET_EXEC = 2;
const DF_1_NODEFLIB = 0x800;
const DF_1_PIE = 0x8000000;
/** More than any real file has. They keep a corrupt file from making us read without end. */
const LIMIT = { table: 1 << 20, strings: 1 << 26, records: 1 << 16 };

/** Guesses by mode and name whether a file is ELF: programs are executable, and libraries are named `*.so*`. */
export function mayBeElf(path: string, mode: number): boolean {
  return (mode & 0o111) !== 0 || isLibraryName(path);
}

/**
 * Reads the parts of an ELF file that dynamic linking depends on. Nothing is executed.
 * Our own code, since files stay in the container and are read by ranges, and ld.so's search needs run paths and
 * symbol versions, which ELF libraries for Node leave out.
 * Format: elf(5), gABI chapters 4 and 5, and "Symbol Versioning" of the Linux Standard Base.
 * @returns undefined when the file is not well-formed ELF
 */
export async function readElf(read: ReadRange): Promise<Elf | undefined> {
  const header = await readFileHeader(read);
  if (!header) return undefined;
  try {
    return await readBody(read, header);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

async function readBody(read: ReadRange, header: FileHeader): Promise<Elf> {
  const { fields, places } = header;
  const { bits, little } = fields;
  const segments = await readSegments(read, header);
  const elf: Elf = {
    bits,
    eMachine: fields.u16(places.file.machine),
    dynamic: false,
    program: fields.u16(places.file.type) === ET_EXEC,
    needed: [],
    noDefaultLib: false,
    symbols: [],
    extension: false,
    versionsNeeded: {},
    versionsDefined: [],
  };
  const interpreter = segments.find((segment) => segment.type === PT_INTERP);
  if (interpreter) {
    elf.program = true;
    elf.interpreter = text(await read(interpreter.offset, Math.min(interpreter.size, 4096)), 0);
  }
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (!dynamic) return elf;
  elf.dynamic = true;

  const table = new Fields(await read(dynamic.offset, Math.min(dynamic.size, LIMIT.table)), little, bits);
  const word = bits / 8;
  const tags: [number, number][] = [];
  for (let at = 0; at + 2 * word <= table.length; at += 2 * word) {
    const tag = table.word(at);
    if (tag === 0) break;
    tags.push([tag, table.word(at + word)]);
  }
  const value = (tag: number) => tags.find(([candidate]) => candidate === tag)?.[1];
  const strings = await load(read, segments, value(DT.strtab), Math.min(value(DT.strsz) ?? 0, LIMIT.strings));
  const named = (tag: number) => {
    const offset = value(tag);
    return offset === undefined ? undefined : text(strings, offset);
  };
  elf.needed = tags.filter(([tag]) => tag === DT.needed).map(([, offset]) => text(strings, offset));
  const soname = named(DT.soname);
  const rpath = named(DT.rpath);
  const runpath = named(DT.runpath);
  if (soname !== undefined) elf.soname = soname;
  if (rpath !== undefined) elf.rpath = rpath;
  if (runpath !== undefined) elf.runpath = runpath;
  const names = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength);
  elf.symbols = FILE_FUNCTIONS.filter((name) => names.includes(`\0${name}\0`));
  elf.extension = /(PyInitU?|PyModExportU?)_/.test(names.toString('latin1'));
  elf.noDefaultLib = ((value(DT.flags1) ?? 0) & DF_1_NODEFLIB) !== 0;
  elf.program ||= ((value(DT.flags1) ?? 0) & DF_1_PIE) !== 0;
  const versions = async (start: number, count: number | undefined) =>
    new Fields(await load(read, segments, value(start), Math.min(LIMIT.table, (value(count ?? 0) ?? 0) * 4096)), little, bits);
  elf.versionsNeeded = versionsNeeded(await versions(DT.verneed, DT.verneednum), value(DT.verneednum) ?? 0, strings);
  elf.versionsDefined = versionsDefined(await versions(DT.verdef, DT.verdefnum), value(DT.verdefnum) ?? 0, strings);
  return elf;
}

/** Reads bytes at a virtual address, through the PT_LOAD segment that maps it. */
async function load(read: ReadRange, segments: Segment[], address: number | undefined, size: number): Promise<Uint8Array> {
  if (address === undefined || size === 0) return new Uint8Array();
  const segment = segments.find((item) => item.type === PT_LOAD && address >= item.address && address < item.address + item.size);
  if (!segment) return new Uint8Array();
  const offset = address - segment.address;
  return read(segment.offset + offset, Math.min(size, segment.size - offset));
}

function versionsNeeded(table: Fields, count: number, strings: Uint8Array): Record<string, string[]> {
  const found: [string, string[]][] = [];
  for (let at = 0, n = 0; n < Math.min(count, LIMIT.records) && at + 16 <= table.length; n++) {
    const names: string[] = [];
    let aux = at + table.u32(at + 8);
    for (let i = 0; i < table.u16(at + 2) && aux + 16 <= table.length; i++) {
      names.push(text(strings, table.u32(aux + 8)));
      const next = table.u32(aux + 12);
      if (next === 0) break;
      aux += next;
    }
    found.push([text(strings, table.u32(at + 4)), names]);
    const next = table.u32(at + 12);
    if (next === 0) break;
    at += next;
  }
  return Object.fromEntries(found);
}

function versionsDefined(table: Fields, count: number, strings: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0, n = 0; n < Math.min(count, LIMIT.records) && at + 20 <= table.length; n++) {
    const aux = at + table.u32(at + 12);
    if (aux + 8 <= table.length) found.push(text(strings, table.u32(aux)));
    const next = table.u32(at + 16);
    if (next === 0) break;
    at += next;
  }
  return found;
}

function text(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return Buffer.from(bytes.subarray(offset, end < 0 ? undefined : end)).toString('utf8');
}
