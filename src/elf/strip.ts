import { architectureOfElf } from '../arch.js';
import {
  type FileHeader,
  readFileHeader,
  readSectionHeaders,
  readSectionNames,
  readSegments,
  type SectionHeader,
  type Segment,
} from './headers.js';
import type { ReadRange } from './reader.js';
import { careful, EMPTY } from './sections.js';

/** Bytes from `from` up to, and without, `to`. */
export interface Range {
  from: number;
  to: number;
}

/** How a file is made from another one. All offsets are those of the other one. */
export interface Edit {
  /** Bytes of the other file, and of the new one. */
  before: number;
  after: number;
  /** What is left out, in order. */
  cuts: readonly Range[];
  /** What is written over the other file's bytes, outside of the cuts, in order. */
  patches: readonly { at: number; bytes: Uint8Array }[];
}

/** Sections that only debuggers and profilers read. The dynamic symbols, which ld.so reads, are others (.dynsym). */
const FOR_DEBUGGERS = /^\.(z?debug_\w+|symtab|symtab_shndx|strtab|gdb_index|gnu_debugdata|stab|stabstr|line)$/;

/** Other sections that are not loaded and that may move. A file with one that is not listed here may look for it at its place. */
const MOVABLE =
  /^\.(comment|shstrtab|note(\..*)?|gnu\.warning\..*|gnu\.attributes|gnu_debuglink|gnu_debugaltlink|gnu\.build\.attributes.*|annobin\.notes|ident|GCC\.command\.line|ARM\.attributes|riscv\.attributes|llvm.*|rustc)$/;

/** Bytes. A file with less is left as it is: its bytes are then those of the original. */
const LEAST = 4096;
/** Bytes of padding between two sections, and at the end of a file, at most. */
const PADDING = 64;
/** What everything that is not loaded is aligned to. */
const ALIGNMENT = 16;

/** Bytes. The kernel maps whole pages, whatever a segment says about its alignment. */
const PAGE = 4096;

const PT_LOAD = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const SHF_ALLOC = 2;

/**
 * How to leave out of a program or a library what only debuggers read, as strip(1) does. What is loaded stays the same but for the
 * tables of headers, byte for byte, at the same addresses. Section headers stay where they are, so that no number of a section changes:
 * those of removed sections become empty ones (SHT_NULL).
 * Format: elf(5). Segments behind a removed section move by a multiple of their alignment, since ld.so refuses other offsets
 * (_dl_map_object_from_fd in elf/dl-load.c of glibc); patchelf makes files with such segments.
 * @param size bytes of the file
 * @returns undefined where it would save little, where the file is no such ELF file, or where it has what this can't move safely
 */
export async function withoutDebugInformation(from: ReadRange, size: number): Promise<Edit | undefined> {
  const read = careful(from);
  try {
    const header = await readFileHeader(read);
    if (!header || ![ET_EXEC, ET_DYN].includes(header.fields.u16(header.places.file.type))) return undefined;
    // Code for a GPU is ELF, too.
    if (!architectureOfElf(header.fields.u16(header.places.file.machine))) return undefined;
    const segments = await readSegments(read, header);
    const sections = await readSectionHeaders(read, header);
    const names = await readSectionNames(read, header, sections);
    // Where there are more sections than the header can count, it says 0.
    if (!names || segments.length !== header.programs || sections.length !== header.sections) return undefined;
    return await editOf({ read, header, segments, sections, names, size });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Parts {
  read: ReadRange;
  header: FileHeader;
  segments: readonly Segment[];
  sections: readonly SectionHeader[];
  names: readonly string[];
  size: number;
}

async function editOf(parts: Parts): Promise<Edit | undefined> {
  const { header, segments, sections, size } = parts;
  const removed = removableOf(parts);
  const { fields, places } = header;
  const tables = {
    file: rangeOf(0, places.file.size),
    programs: rangeOf(fields.word(places.file.programs), fields.u16(places.file.programSize) * segments.length),
    sections: rangeOf(fields.word(places.file.sections), places.section.size * sections.length),
  };
  const stays = [
    ...Object.values(tables),
    ...segments.map(segmentRange),
    ...sections.filter((_, index) => !removed.has(index)).map(bytesOf),
  ];
  const goes = sections.filter((_, index) => removed.has(index)).map(bytesOf);
  const used = [...stays, ...goes].filter(({ from, to }) => to > from);
  const end = Math.max(...used.map(({ to }) => to));
  // Behind the end there may be data that a program finds by itself: an archive, a script.
  if (end > size || size - end > PADDING) return undefined;
  if (goes.some((gone) => stays.some((range) => overlaps(gone, range)))) return undefined;
  if (sections.some((section, index) => isUnknown(section, parts.names[index] as string, segments))) return undefined;
  if (segments.some(({ align }) => align > 1 && !Number.isInteger(Math.log2(align)))) return undefined;
  const joined = join(goes, stays);
  if (segments.some(({ offset }) => joined.some(({ from, to }) => from < offset && offset < to))) return undefined;
  const cuts = joined.flatMap(({ from, to }) => {
    const behind = segments.filter((segment) => segment.offset >= to);
    const unit = Math.max(ALIGNMENT, ...behind.map(({ type, align }) => (type === PT_LOAD ? Math.max(align, PAGE) : align)));
    const length = Math.floor((to - from) / unit) * unit;
    return length === 0 ? [] : [{ from, to: from + length }];
  });
  // Linux before 5.18 takes the address of the program headers from their offset.
  if (cuts.some(({ from }) => from < tables.programs.from)) return undefined;
  const saved = cuts.reduce((sum, { from, to }) => sum + to - from, 0);
  if (saved < LEAST) return undefined;
  const rests = joined.map(({ from, to }) => ({ from: cuts.find((cut) => cut.from === from)?.to ?? from, to }));
  const zeros = rests.filter(({ from, to }) => to > from).map(({ from, to }) => ({ at: from, bytes: new Uint8Array(to - from) }));
  const patches = [...(await patchedHeaders(parts, removed, tables, cuts)), ...zeros].sort((a, b) => a.at - b.at);
  return { before: size, after: size - saved, cuts, patches };
}

/** Indices of the sections that only debuggers read, without those that others refer to. */
function removableOf({ header, sections, names }: Parts): Set<number> {
  const found = new Set(
    sections.flatMap((section, index) =>
      !isEmpty(section) && (section.flags & SHF_ALLOC) === 0 && FOR_DEBUGGERS.test(names[index] as string) ? [index] : [],
    ),
  );
  found.delete(header.fields.u16(header.places.file.names));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    sections.forEach((section, index) => {
      if (!found.has(index) && section.type !== 0) found.delete(section.link);
    });
  }
  return found;
}

/** Whether a section is not loaded, and is none that is known to be found by its header alone. */
function isUnknown(section: SectionHeader, name: string, segments: readonly Segment[]): boolean {
  if (isEmpty(section) || (section.flags & SHF_ALLOC) !== 0 || FOR_DEBUGGERS.test(name) || MOVABLE.test(name)) return false;
  return !segments.some((segment) => contains(segmentRange(segment), bytesOf(section)));
}

/** The three tables of headers with the new offsets. */
async function patchedHeaders(
  { read, header, segments, sections }: Parts,
  removed: ReadonlySet<number>,
  tables: Readonly<Record<'file' | 'programs' | 'sections', Range>>,
  cuts: readonly Range[],
): Promise<{ at: number; bytes: Uint8Array }[]> {
  const { fields, places } = header;
  const table = async ({ from, to }: Range) => {
    const bytes = Buffer.from(await read(from, to - from));
    if (bytes.length !== to - from) throw new RangeError('the file is cut off');
    return bytes;
  };
  const moved = (offset: number) => offset - cuts.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, offset) - from), 0);
  const put = (bytes: Buffer, at: number, value: number) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (fields.bits === 64) view.setBigUint64(at, BigInt(value), fields.little);
    else view.setUint32(at, value, fields.little);
  };
  const file = await table(tables.file);
  put(file, places.file.programs, moved(fields.word(places.file.programs)));
  put(file, places.file.sections, moved(fields.word(places.file.sections)));
  const programs = await table(tables.programs);
  const programSize = fields.u16(places.file.programSize);
  segments.forEach(({ offset }, index) => {
    put(programs, index * programSize + places.program.offset, moved(offset));
  });
  const rows = await table(tables.sections);
  sections.forEach(({ offset }, index) => {
    const at = index * places.section.size;
    if (removed.has(index)) rows.fill(0, at, at + places.section.size);
    else put(rows, at + places.section.offset, moved(offset));
  });
  return [
    { at: tables.file.from, bytes: file },
    { at: tables.programs.from, bytes: programs },
    { at: tables.sections.from, bytes: rows },
  ];
}

/** Ranges that follow each other, without more than padding between them, as one. */
function join(ranges: readonly Range[], stays: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    const between = last && { from: last.to, to: range.from };
    if (last && between && range.from - last.to <= PADDING && !stays.some((one) => overlaps(one, between)))
      last.to = Math.max(last.to, range.to);
    else joined.push({ ...range });
  }
  return joined;
}

function isEmpty({ type, size }: SectionHeader): boolean {
  return EMPTY.has(type) || size === 0;
}

function bytesOf(section: SectionHeader): Range {
  return rangeOf(section.offset, isEmpty(section) ? 0 : section.size);
}

function segmentRange({ offset, size }: Segment): Range {
  return rangeOf(offset, size);
}

function rangeOf(from: number, size: number): Range {
  return { from, to: from + size };
}

/** Whether two ranges have a byte in common. */
function overlaps(a: Range, b: Range): boolean {
  return Math.max(a.from, b.from) < Math.min(a.to, b.to);
}

function contains(outer: Range, inner: Range): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}

/** Makes the new file from the bytes of the other one. */
export async function* edited(chunks: AsyncIterable<Uint8Array>, { cuts, patches }: Edit): AsyncGenerator<Buffer> {
  let start = 0;
  for await (const chunk of chunks) {
    const end = start + chunk.length;
    const bytes = Buffer.from(chunk);
    for (const { at, bytes: patch } of patches) {
      if (at < end && at + patch.length > start) bytes.set(patch.subarray(Math.max(0, start - at), end - at), Math.max(0, at - start));
    }
    let done = start;
    for (const { from, to } of cuts) {
      if (from > done && done < end) yield bytes.subarray(done - start, Math.min(from, end) - start);
      done = Math.max(done, Math.min(to, end));
    }
    if (done < end) yield bytes.subarray(done - start);
    start = end;
  }
}
