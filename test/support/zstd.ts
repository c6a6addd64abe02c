const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Largest size of a raw block in bytes (RFC 8878, "Block_Maximum_Size"). */
const BLOCK = 128 * 1024;

/** Makes a zstd frame of raw blocks (RFC 8878). Any decompressor accepts it, and no compressor is needed. */
export function zstdFrame(bytes: Buffer): Buffer {
  // Frame_Header_Descriptor: content size in 8 bytes, single segment, no checksum.
  const header = Buffer.alloc(9);
  header[0] = 0b11100000;
  header.writeBigUInt64LE(BigInt(bytes.length), 1);
  const parts: Buffer[] = [MAGIC, header];
  for (let at = 0; at === 0 || at < bytes.length; at += BLOCK) {
    const body = bytes.subarray(at, at + BLOCK);
    const block = Buffer.alloc(3);
    block.writeUIntLE((body.length << 3) | (at + BLOCK >= bytes.length ? 1 : 0), 0, 3);
    parts.push(block, body);
  }
  return Buffer.concat(parts);
}
