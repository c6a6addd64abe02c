import { Decompress } from 'fzstd';

/** Bytes that are given to the decoder at once, so that what comes out can be stopped early. */
const PART = 4096;
const MAGIC = 0xfd2fb528;
/** A frame that decoders skip has one of 16 numbers (RFC 8878, 3.1.2). */
const SKIPPED = 0x184d2a50;
/** Largest window in bytes that a sender may use in HTTP (RFC 9659, 3). */
const LARGEST_WINDOW = 8 << 20;
/**
 * The decoder moves the window once a block, however small the block is. So many times the limit may be moved: as much as the
 * largest answer needs whose blocks are full.
 */
const MOST_MOVES = 64;

/**
 * Decodes zstd (RFC 8878).
 * @throws RangeError where it has more than `maxOutputLength` bytes, or takes too much memory or time for them; Error where it is damaged
 */
export function unzstd(bytes: Buffer, { maxOutputLength }: { maxOutputLength: number }): Buffer {
  let moved = 0;
  for (const { window, blocks } of framesOf(bytes)) {
    if (window.declared && window.size > LARGEST_WINDOW) throw new RangeError(`a window of ${window.size} bytes`);
    if (window.size > maxOutputLength) throw new RangeError(`more than ${maxOutputLength} bytes`);
    moved += blocks * window.size;
  }
  if (moved > MOST_MOVES * maxOutputLength) throw new RangeError('too many small blocks');
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Decompress((part) => {
    length += part.length;
    if (length > maxOutputLength) throw new RangeError(`more than ${maxOutputLength} bytes`);
    parts.push(part.slice());
  });
  for (let at = 0; at < bytes.length; at += PART) stream.push(bytes.subarray(at, at + PART), at + PART >= bytes.length);
  return Buffer.concat(parts);
}

interface Frame {
  /** Bytes; `declared`, or that of a frame in one segment: as large as its content. */
  window: { size: number; declared: boolean };
  blocks: number;
}

/** The frames, without decoding them (RFC 8878, 3.1.1). @throws RangeError where one is cut */
function* framesOf(bytes: Buffer): Generator<Frame> {
  for (let at = 0; at < bytes.length; ) {
    const magic = bytes.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPED) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== MAGIC) throw new Error('no frame of zstd');
    const descriptor = bytes.readUInt8(at + 4);
    const single = (descriptor & 0x20) !== 0;
    const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
    const sizes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
    const windowAt = at + 5;
    const sizeAt = windowAt + (single ? 0 : 1) + dictionary;
    const size = single ? contentSize(bytes, sizeAt, sizes) : windowSize(bytes.readUInt8(windowAt));
    at = sizeAt + sizes;
    let blocks = 0;
    for (let last = false; !last; blocks++) {
      const header = bytes.readUIntLE(at, 3);
      last = (header & 1) !== 0;
      // An RLE block has one byte, however often it is repeated.
      at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
    }
    if ((descriptor & 4) !== 0) at += 4; // a checksum
    yield { window: { size, declared: !single }, blocks };
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}
