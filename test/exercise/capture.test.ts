import { describe, expect, it } from 'vitest';
import { BOUNDS, withBounds } from '../../src/bounds.js';
import { Capture } from '../../src/exercise/capture.js';

describe('what is kept of an output', () => {
  it.each([
    [['abc'], 'abc', false],
    [['abc', 'd'], 'abcd', false],
    [['abc', 'de'], 'abcd', true],
    [['abcd', 'e', 'f'], 'abcd', true],
    [['abcdefgh'], 'abcd', true],
  ])('is its start: %j', (parts, kept, cut) => {
    const capture = withBounds({ output: 4 }, () => new Capture());
    for (const part of parts) capture.add(Buffer.from(part));
    expect([capture.bytes.toString(), capture.length, capture.cut]).toEqual([kept, kept.length, cut]);
  });

  it('is no more than 16 MiB, however much comes', () => {
    const capture = new Capture();
    const part = Buffer.alloc(1 << 20, 'x');
    for (let count = 0; count < 17; count++) capture.add(part);
    expect([capture.bytes.length, capture.cut, BOUNDS.output.default]).toEqual([16 << 20, true, 16 << 20]);
  });
});
