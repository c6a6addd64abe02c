import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFileHeader, readSegments } from '../../src/elf/headers.js';
import { readElf } from '../../src/elf/reader.js';
import { readSections } from '../../src/elf/sections.js';
import { type Edit, edited, withoutDebugInformation } from '../../src/elf/strip.js';
import { type ElfSpec, makeElf } from '../support/elf.js';

const reader = (bytes: Buffer) => async (offset: number, length: number) => bytes.subarray(offset, offset + length);
const planFor = (bytes: Buffer) => withoutDebugInformation(reader(bytes), bytes.length);

/** The new file, made from chunks of a given length. */
async function made(bytes: Buffer, edit: Edit, chunk: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  })();
  for await (const part of edited(chunks, edit)) parts.push(part);
  return Buffer.concat(parts);
}

async function segmentsOf(bytes: Buffer) {
  const header = await readFileHeader(reader(bytes));
  return header ? await readSegments(reader(bytes), header) : [];
}

async function contentsOf(bytes: Buffer): Promise<Record<string, string>> {
  const sections = await readSections(reader(bytes));
  return Object.fromEntries(sections.map(({ name, offset, size }) => [name, bytes.toString('latin1', offset, offset + size)]));
}

const noise = (length: number, seed = 1) => Buffer.from(Array.from({ length }, (_, index) => (index * 31 + seed * 17) % 251));
const DEBUG = { '.debug_info': noise(9000), '.debug_line': noise(5000, 2) };
const SYMBOLS = { '.symtab': noise(4000, 3), '.strtab': noise(3000, 4) };
const plain: ElfSpec = { soname: 'x', sections: { '.text': noise(500, 5) } };

const spec: fc.Arbitrary<ElfSpec> = fc.record(
  {
    bits: fc.constantFrom(32, 64),
    little: fc.boolean(),
    fixed: fc.boolean(),
    soname: fc.constant('x'),
    sections: fc.constant({ '.text': noise(700, 6), '.rodata': noise(33, 7) }),
    unloaded: fc
      .record(
        {
          '.comment': fc.nat(40).map((length) => noise(length + 1, 8)),
          '.debug_info': fc.integer({ min: 5000, max: 20000 }).map((length) => noise(length, 9)),
          '.debug_str': fc.nat(9000).map((length) => noise(length + 1, 10)),
          '.note.stapsdt': fc.nat(100).map((length) => noise(length + 1, 11)),
          '.symtab': fc.nat(9000).map((length) => noise(length + 1, 12)),
          '.strtab': fc.nat(9000).map((length) => noise(length + 1, 13)),
        },
        { requiredKeys: ['.debug_info', '.symtab', '.strtab'] },
      )
      .chain((all) => fc.shuffledSubarray(Object.entries(all), { minLength: Object.keys(all).length }))
      .map((entries) => Object.fromEntries(entries)),
    links: fc.constant({ '.symtab': '.strtab' }),
    behind: fc.integer({ min: 1, max: 9000 }).map((length) => noise(length, 14)),
  },
  { requiredKeys: ['soname', 'sections', 'unloaded', 'links'] },
);

describe('withoutDebugInformation', () => {
  it('leaves out debug sections and symbols, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(spec, fc.integer({ min: 1, max: 20000 }), async (written, chunk) => {
        const before = makeElf(written);
        const edit = await planFor(before);
        // A segment behind moves by whole pages only, so that less than a page may be saved.
        if (!edit) return void expect(written.behind).toBeDefined();
        const after = await made(before, edit, chunk);
        expect(after.length).toBe(edit.after);
        const { '.debug_info': _, '.debug_str': __, '.symtab': ___, '.strtab': ____, ...kept } = await contentsOf(before);
        expect(await contentsOf(after)).toEqual(kept);
        expect(await readElf(reader(after))).toEqual(await readElf(reader(before)));
        const [old, now] = [await segmentsOf(before), await segmentsOf(after)];
        expect(now.map(({ offset: _, ...rest }) => rest)).toEqual(old.map(({ offset: _, ...rest }) => rest));
        now.forEach(({ type, offset, size, address, align }, index) => {
          if (type === 1) expect((address - offset) % align).toBe(0);
          const was = old[index]?.offset as number;
          // The first segment has the headers, which have changed.
          const from = offset === 0 ? 64 + 6 * 56 : 0;
          expect(after.subarray(offset + from, offset + size)).toEqual(before.subarray(was + from, was + size));
        });
        expect(await planFor(after)).toBeUndefined();
      }),
    );
  });

  it('saves all of it where no segment is behind it', async () => {
    const bytes = makeElf({ ...plain, unloaded: { ...DEBUG, ...SYMBOLS } });
    const edit = await planFor(bytes);
    expect(bytes.length - (edit?.after ?? 0)).toBeGreaterThan(21000 - 16);
  });

  it.each<[string, Buffer | (() => Buffer)]>([
    ['a file with too little to save', makeElf({ ...plain, unloaded: { '.debug_info': noise(4000) } })],
    ['a file without sections', makeElf({ soname: 'x' })],
    ['data behind the end, such as an archive', Buffer.concat([makeElf({ ...plain, unloaded: DEBUG }), noise(100)])],
    ['a section that nobody knows', makeElf({ ...plain, unloaded: { ...DEBUG, pydata: noise(100) } })],
    ['a file that is cut off', makeElf({ ...plain, unloaded: DEBUG }).subarray(0, -1)],
    ['an object file', changed(16, 1)],
    ['code for a GPU', changed(18, 224)],
    ['program headers behind what would go', headersBehind()],
    ['an alignment that is no power of two', changed(64 + 48, 0x60)],
    ['debug sections inside a segment', makeElf({ ...plain, sections: { '.debug_info': noise(9000) } })],
    ['text', Buffer.from('#!/bin/sh\n'.repeat(9000))],
  ])('leaves as it is: %s', async (_, bytes) => {
    expect(await planFor(bytes as Buffer)).toBeUndefined();
  });

  it('leaves a file as it is that is shorter than the inventory says', async () => {
    const bytes = makeElf({ ...plain, unloaded: DEBUG });
    let reads = 0;
    const shrinking = async (offset: number, length: number) => (++reads > 4 ? Buffer.alloc(0) : bytes.subarray(offset, offset + length));
    expect(await withoutDebugInformation(shrinking, bytes.length)).toBeUndefined();
    expect(reads).toBeGreaterThan(4);
  });

  it('keeps symbols that a kept section refers to, and the names of these', async () => {
    const links = { '.rela.plt': '.symtab', '.symtab': '.strtab' };
    const bytes = makeElf({ soname: 'x', sections: { '.rela.plt': noise(48) }, unloaded: { ...DEBUG, ...SYMBOLS }, links });
    const edit = await planFor(bytes);
    const contents = await contentsOf(await made(bytes, edit as Edit, 1000));
    expect(Object.keys(contents).sort()).toEqual(['.rela.plt', '.shstrtab', '.strtab', '.symtab']);
  });

  it('never fails on broken files, and never plans what the file does not have', async () => {
    const whole = makeElf({ ...plain, unloaded: { ...DEBUG, ...SYMBOLS }, behind: noise(50) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(whole.length),
        async (changes, cut) => {
          const bytes = Buffer.from(whole.subarray(0, cut < 100 ? whole.length : cut));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const edit = await planFor(bytes);
          if (edit) expect((await made(bytes, edit, 777)).length).toBe(edit.after);
        },
      ),
    );
  });
});

/** A file with one other byte in its header, or in its first program header. */
function changed(at: number, value: number): Buffer {
  const bytes = makeElf({ ...plain, unloaded: DEBUG, behind: noise(5000) });
  bytes[at] = value;
  return bytes;
}

/** As patchelf made programs: the program headers are at the beginning of the last segment. */
function headersBehind(): Buffer {
  const bytes = makeElf({ ...plain, unloaded: DEBUG, behind: noise(5000) });
  const [start, count] = [Number(bytes.readBigUInt64LE(32)), bytes.readUInt16LE(56)];
  const behind = bytes.indexOf(noise(5000));
  bytes.copy(bytes, behind, start, start + count * 56);
  bytes.writeBigUInt64LE(BigInt(behind), 32);
  return bytes;
}
