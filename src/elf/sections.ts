import { Fields } from './fields.js';
import type { ReadRange } from './reader.js';

/** A part of an ELF file that a compiler or linker made. */
export interface Section {
  name: string;
  offset: number;
  /** Bytes in the file. */
  size: number;
}

/** Sections without bytes in the file (elf(5): SHT_NULL, SHT_NOBITS). */
const EMPTY: ReadonlySet<number> = new Set([0, 8]);
/** More than any real file has. */
const MOST_SECTIONS = 4096;
const LONGEST_NAMES = 1 << 20;

/**
 * The sections of an ELF file. Format: elf(5), "Section header (Shdr)".
 * @returns [] for a file that has none, or that is no ELF file
 */
export async function readSections(from: ReadRange): Promise<Section[]> {
  // Programs run without sections, so nobody has checked their offsets.
  const read: ReadRange = async (offset, length) => (Number.isSafeInteger(offset + length) ? from(offset, length) : new Uint8Array());
  const head = await read(0, 64);
  if (head.length < 64 || Buffer.from(head.subarray(0, 4)).toString('latin1') !== '\x7fELF') return [];
  const wide = head[4] === 2;
  const fields = new Fields(head, head[5] === 1, wide ? 64 : 32);
  const [start, size, count, names] = wide
    ? [fields.word(40), fields.u16(58), fields.u16(60), fields.u16(62)]
    : [fields.word(32), fields.u16(46), fields.u16(48), fields.u16(50)];
  if (start === 0 || size !== (wide ? 64 : 40)) return [];
  const table = new Fields(await read(start, size * Math.min(count, MOST_SECTIONS)), fields.little, fields.bits);
  const headers: { name: number; type: number; offset: number; size: number }[] = [];
  for (let at = 0; at + size <= table.length; at += size) {
    const [offset, length] = wide ? [table.word(at + 24), table.word(at + 32)] : [table.u32(at + 16), table.u32(at + 20)];
    headers.push({ name: table.u32(at), type: table.u32(at + 4), offset, size: length });
  }
  const strings = headers[names];
  if (strings === undefined) return [];
  const text = Buffer.from(await read(strings.offset, Math.min(strings.size, LONGEST_NAMES)));
  const nameAt = (at: number) => {
    const end = text.indexOf(0, at);
    return text.toString('latin1', at, end < 0 ? undefined : end);
  };
  const isReal = ({ type, offset, size }: { type: number; offset: number; size: number }) =>
    !EMPTY.has(type) && Number.isSafeInteger(offset + size);
  return headers.filter(isReal).map(({ name, offset, size }) => ({ name: nameAt(name), offset, size }));
}
