import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allowance, crc32 } from '../../src/smoke/archives.js';
import { compareContents } from '../../src/smoke/body.js';
import { isAlike } from '../../src/smoke/likeness.js';
import { tokensOf } from '../../src/smoke/tokens.js';
import { Seeded } from '../support/madeup.js';

const run = (index: number) => ({ start: index * 60_000, end: index * 60_000 + 1000 });
const same = (...bodies: Buffer[]) =>
  isAlike(
    compareContents(bodies.slice(0, -1), bodies.at(-1) as Buffer, {
      originals: bodies.slice(0, -1).map((_, index) => run(index)),
      shrunk: run(bodies.length),
    }),
  );
const noise = (seed: number, length: number) =>
  Buffer.from(Array.from({ length }, (_, index) => (index * (seed * 2 + 1) * 37 + seed * 11) & 0xff));

/** JPEG with a frame header of this width and some data. */
const jpeg = (seed: number, width = 64) =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 64, 0, width, 1, 1, 0x11, 0]),
    noise(seed, 200),
    Buffer.from([0xff, 0xd9]),
  ]);
const gif = (seed: number, width = 16) =>
  Buffer.concat([Buffer.from('GIF89a'), Buffer.from([width, 0, 16, 0, 0, 0, 0]), noise(seed, 100), Buffer.from([0x3b])]);
const webp = (seed: number, width = 16) => {
  const data = Buffer.concat([Buffer.from('WEBPVP8X'), Buffer.from([10, 0, 0, 0, 0, 0, 0, 0, width, 0, 0, 16, 0, 0]), noise(seed, 100)]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from('RIFF'), size, data]);
};
const pdf = (seed: number, pages = 1) =>
  Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from('<</Type /Page>>\n'.repeat(pages)), noise(seed, 100), Buffer.from('\n%%EOF\n')]);
const numpy = (seed: number, shape = '(3,)') => {
  const header = Buffer.from(`{'descr': '<f8', 'shape': ${shape}}\n`);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([header.length, 0]), header, noise(seed, 24)]);
};
/** A tar file with one member. */
const tar = (content: string, time: string, mode = '0000644') => {
  const header = Buffer.alloc(512);
  header.write('a.txt', 0);
  header.write(`${mode}\0`, 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(`${time}\0`, 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, Buffer.from(content.padEnd(512, '\0')), Buffer.alloc(1024)]);
};

/** A zip file in which each of some members is the same data. */
const zip = (time: number, content: Buffer, members: number, method = 8) => {
  const data = method === 0 ? content : deflateRawSync(content);
  const [local, entry, end] = [30, 46, 22].map((length) => Buffer.alloc(length)) as [Buffer, Buffer, Buffer];
  local.writeUInt32LE(0x04034b50);
  local.writeUInt16LE(time, 10);
  entry.writeUInt32LE(0x02014b50);
  entry.writeUInt16LE(method, 10);
  for (const [at, value] of [crc32(content), data.length, content.length].entries()) entry.writeUInt32LE(value, 16 + 4 * at);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(members, 10);
  end.writeUInt32LE(local.length + data.length, 16);
  return Buffer.concat([local, data, ...Array.from({ length: members }, () => entry), end]);
};

describe.each<[string, (seed: number, other?: never) => Buffer, Buffer]>([
  ['JPEG', jpeg, jpeg(3, 65)],
  ['GIF', gif, gif(3, 17)],
  ['WebP', webp, webp(3, 17)],
  ['PDF', pdf, pdf(3, 2)],
  ['NumPy', numpy, numpy(3, '(2,)')],
])('%s that varies', (_, made, resized) => {
  it('is compared by format, header, completeness and size', () => {
    const [one, two, three] = [made(1), made(2), made(3)];
    expect(same(one, two, three)).toBe(true);
    expect(same(one, one, two), 'where the originals agree').toBe(false);
    expect(same(one, two, resized), 'another header').toBe(false);
    expect(same(one, two, three.subarray(0, three.length >> 1)), 'cut').toBe(false);
    expect(same(one, two, Buffer.from('error'))).toBe(false);
    expect(same(one, two, Buffer.alloc(0))).toBe(false);
  });
});

describe('archives', () => {
  it('are compared by what they hold, whatever the times in them', () => {
    const [one, two, three] = [tar('hello', '14000000000'), tar('hello', '14000000777'), tar('hello', '14000001234')];
    expect(same(one, two, three)).toBe(true);
    expect(same(one, two, tar('hallo', '14000001234'))).toBe(false);
    expect(same(one, two, tar('hello', '14000001234', '0000755'))).toBe(false);
    expect(same(one, two, three.subarray(0, 800))).toBe(false);
    const gz = (content: Buffer, time: number) => {
      const bytes = gzipSync(content);
      bytes.writeUInt32LE(time, 4);
      return bytes;
    };
    expect(same(gz(one, 1), gz(two, 2), gz(three, 3)), 'one in another').toBe(true);
    expect(same(gz(one, 1), gz(two, 2), gz(tar('hallo', '14000001234'), 3))).toBe(false);
  });
});

describe('bytes of unknown formats', () => {
  it('are the same where those of all originals are', () => {
    const bytes = (...varying: number[]) => Buffer.from([0, 1, 2, 3, ...varying, 9]);
    expect(same(bytes(5), bytes(6), bytes(7))).toBe(true);
    expect(same(bytes(5), bytes(6), Buffer.from([0, 1, 3, 3, 7, 9]))).toBe(false);
    expect(same(bytes(5), bytes(6, 6), bytes(7))).toBe(true);
    expect(same(bytes(5), bytes(6, 6), Buffer.from([8, 1, 2, 3, 7, 9]))).toBe(false);
  });

  it('are random where the originals share single bytes by chance', () => {
    const head = Buffer.from([0, 250, 1, 251]);
    const random = (seed: number, length = 2000) => {
      const source = new Seeded(seed);
      return Buffer.concat([head, Buffer.from(Array.from({ length }, () => source.whole(0, 255)))]);
    };
    for (let seed = 0; seed < 60; seed += 3) {
      const [one, two, three] = [random(seed), random(seed + 1), random(seed + 2)];
      expect(same(one, two, three), `seed ${seed}`).toBe(true);
      expect(same(one, random(seed + 1, 2100), random(seed + 2, 1950)), `seed ${seed}, other lengths`).toBe(true);
      three[2] = 2;
      expect(same(one, two, three), 'another header').toBe(false);
    }
  });

  it('are all that is known where no header can be read', () => {
    const wav = (seed: number, word = 'fmt ') =>
      Buffer.concat([Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1'), Buffer.from(word), Buffer.from([16, 0, 0, 0]), noise(seed, 100)]);
    expect(same(wav(1), wav(2), wav(3)), 'a stream').toBe(true);
    expect(same(wav(1), wav(2), wav(3, 'xxxx'))).toBe(false);
    expect(same(wav(1), wav(2), wav(3).subarray(0, 60))).toBe(false);
    const more = (seed: number) => Buffer.concat([jpeg(seed), Buffer.from([10])]);
    expect(same(more(1), more(2), more(3)), 'a byte after the end').toBe(true);
    const magic = (last: number) => Buffer.from([...Buffer.from('\x93NUMPY\x01', 'latin1'), last]);
    expect(same(magic(0), magic(1), magic(2)), 'shorter than a header').toBe(true);
  });

  it('are not decompressed beyond the limit `answer`, however many members name the same data, and however deep', () => {
    const content = Buffer.alloc(1 << 20);
    const bomb = (time: number, members: number) => zip(time, content, members);
    const [one, two, three] = [1, 2, 3].map((time) => bomb(time, 300)) as [Buffer, Buffer, Buffer];
    const inner = (time: number) => zip(time, bomb(time, 300), 1);
    const stored = (time: number) => zip(time, content, 300, 0);
    for (const [originals, shrunk] of [
      [[stored(1), stored(2)], stored(3)],
      [[one, two], three],
      [[inner(1), inner(2)], inner(3)],
    ] as const) {
      const allowance = new Allowance(8 << 20);
      const likeness = compareContents(originals, shrunk, { originals: [run(0), run(1)], shrunk: run(2) }, allowance);
      expect([allowance.spent, JSON.stringify(likeness)]).toEqual([true, expect.stringContaining('not looked into')]);
    }
    expect(same(bomb(1, 2), bomb(2, 2), bomb(3, 2)), 'what is small').toBe(true);
  });

  it('never stop the comparison', () => {
    const heads = [
      Buffer.alloc(0),
      ...[jpeg, gif, webp, pdf, numpy].map((made) => made(1).subarray(0, 12)),
      tar('x', '1').subarray(0, 300),
      Buffer.from('PK\x03\x04'),
      Buffer.from('PK\x05\x06'),
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      Buffer.from([0x1f, 0x8b]),
      Buffer.from('BM'),
    ];
    const file = fc.tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 60 })).map(([head, rest]) => Buffer.concat([head, rest]));
    fc.assert(
      fc.property(file, file, file, (one, two, three) => {
        expect(typeof same(one, two, three)).toBe('boolean');
      }),
      { numRuns: 1000 },
    );
  });
});

it('the tokens of a text are the text', () => {
  const part = fc.constantFrom(
    '2026-11-28',
    'T',
    '14:30:00',
    '.5',
    'Z',
    ' ',
    '\n',
    'Sat, 28 Nov 2026 14:30:00 GMT',
    '0x7f12ab34cd',
    '12.5 ms',
    'ab-12',
    ',',
    '"',
    '1,234',
    'Nov',
    'ü',
    '123e4567-e89b-12d3-a456-426614174000',
    '+',
    '/',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      const text = parts.join('');
      expect(
        tokensOf(text)
          ?.map((token) => token.text)
          .join(''),
      ).toBe(text);
    }),
  );
});
