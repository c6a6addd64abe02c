/** Bytes kept of each output of a program: 16 MiB. */
export const OUTPUT_LIMIT = 16 << 20;

/** Keeps the first bytes of a stream and drops the rest. */
export class Capture {
  private readonly parts: Buffer[] = [];
  /** Bytes kept. */
  length = 0;
  /** Whether bytes were dropped. */
  cut = false;

  /** @param limit bytes to keep at most */
  constructor(private readonly limit: number) {}

  add(data: Buffer): void {
    const room = this.limit - this.length;
    if (data.length > room) this.cut = true;
    if (room > 0) this.parts.push(data.subarray(0, room));
    this.length += Math.min(room, data.length);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}
