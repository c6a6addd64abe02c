import { boundOf } from '../bounds.js';

/** Keeps the first bytes of an output of a program, up to the limit `output`, and drops the rest. */
export class Capture {
  private readonly parts: Buffer[] = [];
  /** Bytes kept. */
  length = 0;
  /** Whether bytes were dropped. */
  cut = false;

  private readonly limit = boundOf('output');

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
