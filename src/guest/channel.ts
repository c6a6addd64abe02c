import type { Readable, Writable } from 'node:stream';
import { requireBound } from '../bounds.js';
import { UserError } from '../errors.js';
import { ByteReader, patience } from './bytereader.js';
import { Header } from './protocol.js';
import { refusedAnswer } from './refused.js';

/** Characters of a wrong answer that a message shows. */
const SHOWN = 80;

/** A connection to probes/server.py. It answers requests in their order; protocol.ts has the form of its answers. */
export class Channel {
  private readonly reader: ByteReader;
  private last: Promise<unknown> = Promise.resolve();
  /** Why no further answer can be read: where one could not be read to its end, nobody knows where the next one begins. */
  private broken: unknown;

  constructor(
    private readonly input: Writable,
    output: Readable,
  ) {
    this.reader = new ByteReader(output);
    input.on('error', () => {}); // the output ends too, which `send` reports
  }

  /**
   * Asks for an answer.
   * @param most bytes that it may have; default: the limit `answer`
   * @returns its bytes
   * @throws Error with the server's own text, UserError where the server has ended, or its answer goes over a limit
   */
  ask(request: Record<string, unknown>, most?: number): Promise<Buffer> {
    return this.send(request, (size, deadline) => {
      if (most !== undefined && size > most) throw refusedAnswer(`it has ${size} bytes where ${most} were asked for`);
      requireBound('answer', size, `The answer of the helper to \`${request.op}\``);
      return this.reader.bytes(size, deadline);
    });
  }

  /**
   * Asks for a large answer and hands it on in chunks. Later answers wait until `use` is done. Throws as {@link ask}.
   * @param expected bytes that it must have
   */
  async consume(request: Record<string, unknown>, expected: number, use: (chunks: AsyncGenerator<Buffer>) => Promise<void>): Promise<void> {
    await this.send(request, async (size) => {
      if (size !== expected) throw refusedAnswer(`it has ${size} bytes where ${expected} were asked for`);
      await use(this.reader.chunks(size, patience()));
    });
  }

  close(): void {
    this.input.end();
  }

  private send<T>(request: Record<string, unknown>, read: (size: number, deadline: number) => Promise<T>): Promise<T> {
    this.input.write(`${JSON.stringify(request)}\n`);
    const answer = this.last.then(async () => {
      if (this.broken) throw this.broken;
      const deadline = performance.now() + patience();
      const header = await this.header(deadline).catch((error: unknown) => {
        throw this.breakOff(error);
      });
      if ('error' in header) throw new Error(header.error);
      try {
        return await read(header.size, deadline);
      } catch (error) {
        throw this.breakOff(error);
      }
    });
    this.last = answer.catch(() => {}); // the caller has the error; the next request is independent
    return answer;
  }

  private async header(deadline: number): Promise<Header> {
    const line = await this.reader.line(deadline);
    if (line === undefined)
      throw new UserError(
        'The helper container is gone. Somebody removed it, or the daemon stopped.',
        'Run the command again. Do not remove containers with the label io.pyshrink.session while it runs.',
      );
    try {
      return Header.parse(JSON.parse(line));
    } catch {
      throw refusedAnswer(`its header is ${JSON.stringify(line.slice(0, SHOWN))}`);
    }
  }

  private breakOff(error: unknown): unknown {
    this.broken ??= error;
    this.input.end();
    return error;
  }
}
