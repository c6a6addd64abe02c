import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressionOf, decompressed, gzipped } from '../../src/images/compression.js';
import { zstdFrame } from '../support/zstd.js';

async function* pieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

const encoders: [string, (data: Buffer) => Buffer][] = [
  ['gzip', (data) => gzipSync(data)],
  ['zstd', zstdFrame],
  ['none', (data) => data],
];
const text = Buffer.from('some text, again and again. '.repeat(20_000));

describe('decompressed', () => {
  it.each(encoders)('reads %s, cut anywhere', async (kind, encode) => {
    const encoded = encode(text);
    expect(compressionOf(encoded)).toBe(kind);
    for (const size of [1000, encoded.length])
      expect((await buffer(decompressed(pieces(encoded, size), 'The layer'))).equals(text)).toBe(true);
  });

  it('recognizes the format when the first chunks are single bytes', async () => {
    const short = Buffer.from('short');
    for (const [, encode] of encoders) expect(await buffer(decompressed(pieces(encode(short), 1), 'The layer'))).toEqual(short);
  });

  it('passes on fewer than four bytes', async () => {
    expect(await buffer(decompressed(pieces(Buffer.from('abc'), 1), 'The layer'))).toEqual(Buffer.from('abc'));
    expect(await buffer(decompressed(pieces(Buffer.alloc(0), 1), 'The layer'))).toEqual(Buffer.alloc(0));
  });

  it('names what is damaged', async () => {
    const cut = gzipSync(text).subarray(0, 100);
    await expect(buffer(decompressed(pieces(cut, 50), 'The layer'))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/^The layer can't be decompressed: /),
    });
  });

  it('passes on errors of the source', async () => {
    const failing = async function* () {
      yield gzipSync(text).subarray(0, 50);
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    await expect(buffer(decompressed(failing(), 'The layer'))).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});

describe('gzipped', () => {
  it('gives the same bytes, however its input is cut, and can be read back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.integer({ min: 1, max: 5000 }), async (bytes, size) => {
        const data = Buffer.from(bytes);
        const packed = await buffer(gzipped(pieces(data, size)));
        expect(packed.equals(await buffer(gzipped(pieces(data, data.length))))).toBe(true);
        expect(await buffer(decompressed(pieces(packed, 100), 'The layer'))).toEqual(data);
      }),
      { numRuns: 30 },
    );
  });
});
