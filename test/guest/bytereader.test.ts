import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteReader } from '../../src/guest/bytereader.js';

it('reads lines and counted bytes, whatever the chunks of the stream', async () => {
  const line = fc.string().map((text) => text.replaceAll('\n', ''));
  const message = fc.tuple(line, fc.uint8Array({ maxLength: 50 }));
  await fc.assert(
    fc.asyncProperty(fc.array(message), fc.integer({ min: 1, max: 9 }), async (messages, step) => {
      const whole = Buffer.concat(messages.flatMap(([text, bytes]) => [Buffer.from(`${text}\n`), Buffer.from(bytes)]));
      const pieces = Array.from({ length: Math.ceil(whole.length / step) }, (_, index) => whole.subarray(index * step, (index + 1) * step));
      const reader = new ByteReader(Readable.from(pieces, { objectMode: true }));
      for (const [text, bytes] of messages) {
        expect(await reader.line()).toBe(Buffer.from(text).toString());
        expect(await reader.bytes(bytes.length)).toEqual(Buffer.from(bytes));
      }
      expect(await reader.line()).toBeUndefined();
    }),
  );
});

it('throws where the stream ends too early', async () => {
  const reader = new ByteReader(Readable.from([Buffer.from('abc')]));
  await expect(reader.bytes(4)).rejects.toThrow(/too early/);
});
