import type { Readable } from 'node:stream';
import { boundError, boundOf } from '../bounds.js';
import { refusedAnswer } from './refused.js';

/** Bytes a millisecond that every connection to a helper carries. */
const SLOWEST = 100;
/** Longest line in bytes. Only an error text is long. */
const LONGEST_LINE = 1 << 20;

/** Reads lines and counted bytes from a stream. Holds one chunk at a time. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.source = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /**
   * The next line without its end, or undefined at the end of the stream.
   * @param deadline performance.now() at which it must be complete
   * @throws UserError for a line that is too long, or takes too long
   */
  async line(deadline?: number): Promise<string | undefined> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const end = this.rest.indexOf(10);
      length += end >= 0 ? end : this.rest.length;
      if (length > LONGEST_LINE) throw refusedAnswer(`a line has more than ${LONGEST_LINE} bytes`);
      if (end >= 0) {
        parts.push(this.rest.subarray(0, end));
        this.rest = this.rest.subarray(end + 1);
        return Buffer.concat(parts).toString('utf8');
      }
      parts.push(this.rest);
      if (!(await this.fill(deadline))) return undefined;
    }
  }

  /**
   * Exactly `size` bytes, in chunks as they arrive. Throws where the stream ends before.
   * @param patience milliseconds for which they may be awaited, all together; by default, any time. Large answers get more.
   */
  async *chunks(size: number, patience?: number): AsyncGenerator<Buffer> {
    let left = size;
    let awaiting = patience === undefined ? undefined : patience + size / SLOWEST;
    while (left > 0) {
      const start = performance.now();
      if (this.rest.length === 0 && !(await this.fill(awaiting && start + awaiting))) throw new Error('the stream ended too early');
      if (awaiting !== undefined) awaiting -= performance.now() - start;
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /**
   * Exactly `size` bytes. Throws where the stream ends before.
   * @param deadline performance.now() at which they must be complete
   */
  async bytes(size: number, deadline?: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = size; left > 0; ) {
      if (this.rest.length === 0 && !(await this.fill(deadline))) throw new Error('the stream ended too early');
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  private async fill(deadline?: number): Promise<boolean> {
    const next = deadline === undefined ? await this.source.next() : await before(deadline, this.source.next());
    this.rest = next.done ? Buffer.alloc(0) : next.value;
    return !next.done;
  }
}

/** What a promise gives, as long as it does so in time. @throws UserError where it does not */
async function before<T>(deadline: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = boundError('helper', 'The helper in the image is silent or slow, and its answer');
    timer = setTimeout(() => reject(error), Math.max(0, deadline - performance.now()));
  });
  promise.catch(() => {}); // it may fail after the deadline, when nobody waits any more
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds that an answer may take. */
export function patience(): number {
  return boundOf('helper') * 1000;
}
