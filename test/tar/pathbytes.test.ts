import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathBytes, pathOf } from '../../src/tar/pathbytes.js';

describe('paths and their bytes', () => {
  it('turns bytes that are not UTF-8 into surrogate escapes, as Python does', () => {
    const bytes = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x2f, 0xc3, 0xbc]);
    expect(pathOf(bytes)).toBe('caf\udce9/ü');
    expect(pathBytes('caf\udce9/ü')).toEqual(bytes);
  });

  it('keeps a character of four bytes beside a byte that is not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('\u{1f480}'), Buffer.from([0xe9])]); // U+1F480 ends in the surrogate U+DC80
    expect(pathBytes(pathOf(bytes))).toEqual(bytes);
  });

  it('gives any bytes back', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => void expect(pathBytes(pathOf(bytes))).toEqual(Buffer.from(bytes))));
  });

  it('gives any text back', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => void expect(pathOf(pathBytes(text))).toBe(text)));
  });

  it('keeps a byte order mark', () => {
    expect(pathOf(Buffer.from([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa');
  });
});
