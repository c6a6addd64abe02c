import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSections } from '../../src/elf/sections.js';
import { stringsNamed } from '../../src/elf/strings.js';
import { makeElf } from '../support/elf.js';

const over = (bytes: Buffer) => (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length));
const strings = (...texts: string[]) => Buffer.from(texts.map((text) => `${text}\0`).join(''));
const named = async (rodata: Buffer, more = {}) =>
  (await stringsNamed(over(makeElf({ sections: { '.rodata': rodata }, ...more })))).libraries;

describe('readSections', () => {
  it('reads back names and bytes of sections, in both sizes and byte orders', async () => {
    const name = fc.stringMatching(/^\.[a-z_]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(32, 64),
        fc.boolean(),
        fc.dictionary(name, fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxKeys: 6 }),
        async (bits, little, contents) => {
          const sections = Object.fromEntries(Object.entries(contents).map(([key, bytes]) => [key, Buffer.from(bytes)]));
          const elf = makeElf({ bits: bits as 32 | 64, little, sections });
          const found = await readSections(over(elf));
          const read = Object.fromEntries(found.map(({ name: key, offset, size }) => [key, elf.subarray(offset, offset + size)]));
          delete read['.shstrtab'];
          expect(read).toEqual(sections);
        },
      ),
    );
  });

  it('reads damaged files without an error', async () => {
    const whole = makeElf({ sections: { '.rodata': strings('liba.so') } });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), async (cut, at, byte) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        await stringsNamed(over(bytes.subarray(0, cut)));
        await stringsNamed(over(bytes));
      }),
    );
  });
});

describe('libraries among strings', () => {
  it('finds whole strings that name libraries, with any ending', async () => {
    const rodata = strings(
      'libcudnn_ops.so.9',
      'x',
      'libfoo.so.24.0git',
      '/usr/lib/libc.so.6',
      '../lib/libm.so',
      'usage: libx.so',
      '.so',
      '%s.so',
    );
    expect(await named(rodata)).toEqual(['../lib/libm.so', '/usr/lib/libc.so.6', 'libcudnn_ops.so.9', 'libfoo.so.24.0git']);
  });

  it('reads only read-only data, and none of a file without sections', async () => {
    expect(await named(Buffer.from('\0'), { sections: { '.text': strings('libx.so') } })).toEqual([]);
    expect(await named(Buffer.from('\0'), { sections: { '.rodata.str1.1': strings('libx.so') } })).toEqual(['libx.so']);
    expect(await stringsNamed(over(makeElf({ needed: ['libx.so'] })))).toEqual({ libraries: [], paths: [] });
  });

  it('finds a name wherever it lies, also on the border of what is read at once', async () => {
    const border = 4 << 20;
    for (const at of [border - 20, border - 10, border - 3, border, border + 1, 2 * border - 5]) {
      const rodata = Buffer.alloc(2 * border + 100);
      rodata.write('libborder.so.1', at, 'latin1');
      expect(await named(rodata)).toEqual(['libborder.so.1']);
    }
  });
});

describe('paths among strings', () => {
  it('finds a path that stands behind a number', async () => {
    const number = Buffer.alloc(8);
    number.writeDoubleLE(72);
    const rodata = Buffer.concat([number, strings('/etc/papersize'), strings('a word before/etc/other', 'see?/etc/third', 'x/usr/lib/no')]);
    expect((await stringsNamed(over(makeElf({ sections: { '.rodata': rodata } })))).paths).toEqual(['/etc/papersize', '/etc/third']);
  });

  it('finds whole strings that are paths of the system, in constants and in data', async () => {
    const sections = {
      '.rodata': strings('x', '/usr/lib/R', 'see /usr/lib/text', '/usr/share/a b', '%s/usr/lib/x', '/home/usr/'),
      '.data': strings('/etc/tool', '/usr/lib/R'),
      '.comment': strings('/usr/lib/none'),
    };
    expect((await stringsNamed(over(makeElf({ sections })))).paths).toEqual(['/etc/tool', '/usr/lib/R']);
  });
});
