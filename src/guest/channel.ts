import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { ByteReader } from './bytereader.js';

const Header = z.union([z.object({ ok: z.literal(true), size: z.number().int().nonnegative() }), z.object({ error: z.string() })]);

/** Questions to probes/server.py, answered in the order in which they are asked. */
export class Channel {
  private readonly reader: ByteReader;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly input: Writable,
    output: Readable,
  ) {
    this.reader = new ByteReader(output);
    input.on('error', () => {}); // shows as the end of the answers
  }

  /** The answer's bytes. Throws the server's own error text. */
  ask(request: Record<string, unknown>): Promise<Buffer> {
    return this.send(request, (size) => this.reader.bytes(size));
  }

  /** The answer as it comes in; the next question waits until it was consumed. */
  async consume(request: Record<string, unknown>, use: (chunks: AsyncGenerator<Buffer>, size: number) => Promise<void>): Promise<void> {
    await this.send(request, (size) => use(this.reader.chunks(size), size));
  }

  close(): void {
    this.input.end();
  }

  private send<T>(request: Record<string, unknown>, read: (size: number) => Promise<T>): Promise<T> {
    this.input.write(`${JSON.stringify(request)}\n`);
    const answer = this.last.then(async () => {
      const line = await this.reader.line();
      if (line === undefined)
        throw new UserError(
          'The helper container is gone: somebody else has removed it, or the daemon went away.',
          'Run it again, and leave containers with the label io.pyshrink.session alone meanwhile.',
        );
      const header = Header.parse(JSON.parse(line));
      if ('error' in header) throw new Error(header.error);
      return read(header.size);
    });
    this.last = answer.catch(() => {});
    return answer;
  }
}
