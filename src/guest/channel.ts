import type { Readable, Writable } from 'node:stream';
import { UserError } from '../errors.js';
import { ByteReader } from './bytereader.js';
import { Header } from './protocol.js';

/** A connection to probes/server.py. It answers requests in their order; protocol.ts has the form of its answers. */
export class Channel {
  private readonly reader: ByteReader;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly input: Writable,
    output: Readable,
  ) {
    this.reader = new ByteReader(output);
    input.on('error', () => {}); // the output ends too, which `send` reports
  }

  /**
   * Asks for an answer.
   * @returns its bytes
   * @throws Error with the server's own text, UserError where the server has ended
   */
  ask(request: Record<string, unknown>): Promise<Buffer> {
    return this.send(request, (size) => this.reader.bytes(size));
  }

  /** Asks for a large answer and hands it on in chunks. Later answers wait until `use` is done. Throws as {@link ask}. */
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
          'The helper container is gone. Somebody removed it, or the daemon stopped.',
          'Run the command again. Do not remove containers with the label io.pyshrink.session while it runs.',
        );
      const header = Header.parse(JSON.parse(line));
      if ('error' in header) throw new Error(header.error);
      return read(header.size);
    });
    this.last = answer.catch(() => {}); // the caller has the error; the next request is independent
    return answer;
  }
}
