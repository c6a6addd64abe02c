import type { Readable } from 'node:stream';

/** Reads lines and counted bytes from a stream. Holds one chunk at a time. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.source = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The next line without its end, or undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    const parts: Buffer[] = [];
    for (;;) {
      const end = this.rest.indexOf(10);
      if (end >= 0) {
        parts.push(this.rest.subarray(0, end));
        this.rest = this.rest.subarray(end + 1);
        return Buffer.concat(parts).toString('utf8');
      }
      parts.push(this.rest);
      if (!(await this.fill())) return undefined;
    }
  }

  /** Exactly `size` bytes, in chunks as they arrive. Throws where the stream ends before. */
  async *chunks(size: number): AsyncGenerator<Buffer> {
    let left = size;
    while (left > 0) {
      if (this.rest.length === 0 && !(await this.fill())) throw new Error('the stream ended too early');
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** Exactly `size` bytes. Throws where the stream ends before. */
  async bytes(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.chunks(size)) parts.push(part);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  private async fill(): Promise<boolean> {
    const next = await this.source.next();
    this.rest = next.done ? Buffer.alloc(0) : next.value;
    return !next.done;
  }
}
