import { Duplex, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demultiplex } from '../../../src/engines/docker/streams.js';
import { frame } from '../../support/daemon.js';

describe('demultiplex', () => {
  it('gives each stream its bytes, however the frames are cut', async () => {
    const frames = fc.array(fc.tuple(fc.constantFrom<1 | 2>(1, 2), fc.uint8Array({ maxLength: 40 })));
    await fc.assert(
      fc.asyncProperty(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), async (all, cuts) => {
        const whole = Buffer.concat(all.map(([kind, data]) => frame(kind, data)));
        const stream = new PassThrough();
        const { stdout, stderr } = demultiplex(stream);
        const read = Promise.all([buffer(stdout), buffer(stderr)]);
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const step = cuts[turn % cuts.length] as number;
          stream.write(whole.subarray(at, at + step));
          at += step;
        }
        stream.end();
        const expected = (kind: number) => Buffer.concat(all.filter(([one]) => one === kind).map(([, data]) => Buffer.from(data)));
        expect(await read).toEqual([expected(1), expected(2)]);
      }),
      { numRuns: 100 },
    );
  });

  it('reads a frame of several megabytes that comes in many parts', async () => {
    const large = Buffer.alloc(3_000_000, 'x');
    const stream = new PassThrough();
    const { stdout, stderr } = demultiplex(stream);
    const read = Promise.all([buffer(stdout), buffer(stderr)]);
    const whole = frame(1, large);
    for (let at = 0; at < whole.length; at += 65_536) stream.write(whole.subarray(at, at + 65_536));
    stream.end(frame(2, 'end'));
    const [out, err] = await read;
    expect([out.equals(large), err.toString()]).toEqual([true, 'end']);
  });

  it('ends both streams where the connection breaks, with what came before', async () => {
    const stream = new PassThrough();
    const { stdout, stderr } = demultiplex(stream);
    const read = Promise.all([buffer(stdout), buffer(stderr)]);
    stream.write(Buffer.concat([frame(1, 'whole'), frame(2, 'cut off').subarray(0, 11)]));
    await turn();
    stream.destroy(new Error('connection reset'));
    expect((await read).map(String)).toEqual(['whole', 'cut']);
  });

  it('reads only a little ahead of its readers', async () => {
    let sent = 0;
    const endless = new Duplex({
      read() {
        setImmediate(() => {
          sent++;
          this.push(frame(2, Buffer.alloc(1 << 16)));
        });
      },
    });
    const { stderr } = demultiplex(endless);
    for (let turns = 0; turns < 50; turns++) await turn();
    const ahead = sent;
    expect(ahead).toBeLessThan(10);
    stderr.resume();
    while (sent <= 2 * ahead) await turn();
    endless.destroy();
  });
});
