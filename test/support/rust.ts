/** Where a made-up module has the address and the length of a string: in a table, or in its code. */
export type Use = 'table' | 'x86-64' | 'aarch64';

const [RODATA, TEXT, TABLE] = [0x1000, 0x9000, 0x40000];
const RELATIVE = { 62: 8, 183: 1027 };

/**
 * An extension module as rustc writes it: all strings glued to each other in .rodata, each with its address and its length at
 * another place.
 * @param glued what stands in .rodata; each of `strings` is a part of it
 */
export function rustModule(glued: string, strings: readonly string[], use: Use): Buffer {
  const machine = use === 'aarch64' ? 183 : 62;
  const at = (text: string) => RODATA + glued.indexOf(text);
  const table = Buffer.alloc(use === 'table' ? 16 * strings.length : 0);
  const relocations = Buffer.alloc((24 * table.length) / 16);
  const code: Buffer[] = [];
  strings.forEach((text, index) => {
    if (use === 'table') {
      table.writeBigUInt64LE(BigInt(text.length), 16 * index + 8);
      relocations.writeBigUInt64LE(BigInt(TABLE + 16 * index), 24 * index);
      relocations.writeBigUInt64LE(BigInt(RELATIVE[machine]), 24 * index + 8);
      relocations.writeBigInt64LE(BigInt(at(text)), 24 * index + 16);
    } else {
      const here = TEXT + code.reduce((sum, part) => sum + part.length, 0);
      code.push(use === 'x86-64' ? loadX86(here, at(text), text.length) : loadArm(here, at(text), text.length));
    }
  });
  return elf(machine, [
    { name: '.rodata', kind: 1, address: RODATA, bytes: Buffer.from(glued) },
    { name: '.text', kind: 1, address: TEXT, bytes: Buffer.concat([...code, Buffer.alloc(64, 0x90)]) },
    { name: '.rela.dyn', kind: 4, address: 0x30000, bytes: relocations },
    { name: '.data.rel.ro', kind: 1, address: TABLE, bytes: table },
  ]);
}

/** lea rsi, [rip + distance]; mov edx, length; call; and as many NOPs as part it from the next string. */
function loadX86(here: number, target: number, length: number): Buffer {
  const bytes = Buffer.alloc(96, 0x90);
  Buffer.from([0x48, 0x8d, 0x35]).copy(bytes, 0);
  bytes.writeInt32LE(target - here - 7, 3);
  bytes[7] = 0xba;
  bytes.writeUInt32LE(length, 8);
  return bytes;
}

/** adrp x1, page; add x1, x1, offset; mov w2, length; NOPs. */
function loadArm(here: number, target: number, length: number): Buffer {
  const pages = (target >> 12) - (here >> 12);
  const bytes = Buffer.alloc(96);
  for (let at = 12; at < bytes.length; at += 4) bytes.writeUInt32LE(0xd503201f, at);
  bytes.writeUInt32LE(((0x90000000 | ((pages & 3) << 29) | (((pages >> 2) & 0x7ffff) << 5)) >>> 0) + 1, 0);
  bytes.writeUInt32LE((0x91000000 | ((target & 0xfff) << 10) | (1 << 5) | 1) >>> 0, 4);
  bytes.writeUInt32LE((0x52800000 | (length << 5) | 2) >>> 0, 8);
  return bytes;
}

interface Section {
  name: string;
  kind: number;
  address: number;
  bytes: Buffer;
}

/** A 64-bit ELF file of sections only (elf(5)). */
function elf(machine: number, sections: readonly Section[]): Buffer {
  const names = ['', ...sections.map(({ name }) => name), '.shstrtab'];
  const text = Buffer.from(`${names.join('\0')}\0`);
  const parts = [Buffer.alloc(64), ...sections.map(({ bytes }) => bytes), text];
  const offsets = parts.map((_, index) => parts.slice(0, index).reduce((sum, part) => sum + part.length, 0));
  const headers = Buffer.alloc(64 * names.length);
  const all: Section[] = [...sections, { name: '.shstrtab', kind: 3, address: 0, bytes: text }];
  all.forEach(({ kind, address, bytes }, index) => {
    const at = 64 * (index + 1);
    headers.writeUInt32LE(Buffer.from(names.slice(0, index + 1).join('\0')).length + 1, at);
    headers.writeUInt32LE(kind, at + 4);
    [0, address, offsets[index + 1] as number, bytes.length].forEach((value, word) => {
      headers.writeBigUInt64LE(BigInt(value), at + 8 + 8 * word);
    });
  });
  const head = parts[0] as Buffer;
  Buffer.from('\x7fELF\x02\x01\x01').copy(head);
  head.writeUInt16LE(machine, 18);
  head.writeBigUInt64LE(BigInt((offsets.at(-1) as number) + text.length), 40);
  head.writeUInt16LE(64, 58);
  head.writeUInt16LE(names.length, 60);
  head.writeUInt16LE(names.length - 1, 62);
  return Buffer.concat([...parts, headers]);
}
