import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteReader } from '../../src/guest/bytereader.js';
import { encodeFrame, ListenerRows, readFrame } from '../../src/guest/frames.js';

it('reads back the frames that it encodes', async () => {
  const frame = fc.record({
    connection: fc.nat(0xffffffff),
    kind: fc.constantFrom('C' as const, 'D' as const, 'E' as const, 'X' as const, 'L' as const),
    payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), async (frames) => {
      const bytes = Buffer.concat(frames.map(({ connection, kind, payload }) => encodeFrame(connection, kind, payload)));
      const reader = new ByteReader(Readable.from([bytes]));
      for (const one of frames) expect(await readFrame(reader)).toEqual(one);
      await expect(readFrame(reader)).rejects.toThrow(/too early/);
    }),
  );
});

it('accepts listeners on ports and Unix sockets only', () => {
  expect(ListenerRows.parse([['::', 80], ['/s']])).toEqual([['::', 80], ['/s']]);
  expect(() => ListenerRows.parse([[80]])).toThrow();
});
