/** Reads integers of one byte order and word size. Reading past the end throws a RangeError. */
export class Fields {
  private readonly view: DataView;
  constructor(
    bytes: Uint8Array,
    readonly little: boolean,
    readonly bits: 32 | 64,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get length(): number {
    return this.view.byteLength;
  }
  u16(at: number): number {
    return this.view.getUint16(at, this.little);
  }
  u32(at: number): number {
    return this.view.getUint32(at, this.little);
  }
  /** An address, offset or size. Beyond 2^53 it is not exact, but no real file is that large. */
  word(at: number): number {
    return this.bits === 64 ? Number(this.view.getBigUint64(at, this.little)) : this.u32(at);
  }
}
