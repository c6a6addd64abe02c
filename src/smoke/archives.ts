import { gunzipSync, inflateRawSync } from 'node:zlib';

/**
 * Bytes that may still be decompressed for one comparison: of all archives, also of those in others, and of all their members.
 */
export class Allowance {
  /** Whether something was not looked into, since it goes over it. */
  spent = false;

  /** @param left bytes */
  constructor(private left: number) {}

  /** @throws RangeError for content that goes over it */
  inflate(data: Buffer, inflate: (data: Buffer, options: { maxOutputLength: number }) => Buffer): Buffer {
    try {
      if (this.left <= 0) throw new RangeError('nothing is left');
      return this.take(inflate(data, { maxOutputLength: this.left }));
    } catch (error) {
      this.spent ||= error instanceof RangeError; // also ERR_BUFFER_TOO_LARGE of node:zlib
      throw error;
    }
  }

  /** Counts content. @throws RangeError where that goes over it */
  take(content: Buffer): Buffer {
    this.left -= content.length;
    if (this.left >= 0) return content;
    this.spent = true;
    throw new RangeError('nothing is left');
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

/** CRC-32 as of zip, gzip and PNG. zlib.crc32 is not in every Node 20. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Members of an archive, by name, in their order. */
export type Members = [name: string, content: Buffer][];

/** Content of a gzip file (RFC 1952). Its checksum is verified. @returns undefined where it is damaged */
export function gzipMembers(bytes: Buffer, allowance: Allowance): Members | undefined {
  try {
    return [['content', allowance.inflate(bytes, gunzipSync)]];
  } catch {
    return undefined;
  }
}

const END_OF_DIRECTORY = { signature: 0x06054b50, length: 22, comment: 0xffff };
const DIRECTORY_ENTRY = { signature: 0x02014b50, length: 46 };
const LOCAL_HEADER = { signature: 0x04034b50, length: 30 };

/**
 * Members of a zip file (PKWARE's APPNOTE.TXT, 4.3), and so of .xlsx, .docx and .whl. Checksums are verified.
 * @returns undefined where it is damaged, encrypted or compressed in an unusual way
 */
export function zipMembers(bytes: Buffer, allowance: Allowance): Members | undefined {
  try {
    return readZip(bytes, allowance);
  } catch {
    return undefined;
  }
}

function readZip(bytes: Buffer, allowance: Allowance): Members | undefined {
  let end = bytes.length - END_OF_DIRECTORY.length;
  const first = Math.max(0, end - END_OF_DIRECTORY.comment);
  while (end >= first && bytes.readUInt32LE(end) !== END_OF_DIRECTORY.signature) end--;
  if (end < first) return undefined;
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  const members: Members = [];
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== DIRECTORY_ENTRY.signature) return undefined;
    const [method, crc, packed] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20)];
    const [nameLength, extra, comment] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32)];
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.subarray(at + DIRECTORY_ENTRY.length, at + DIRECTORY_ENTRY.length + nameLength).toString();
    if (bytes.readUInt32LE(local) !== LOCAL_HEADER.signature) return undefined;
    const start = local + LOCAL_HEADER.length + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + packed);
    const content = method === 0 ? allowance.take(data) : method === 8 ? allowance.inflate(data, inflateRawSync) : undefined;
    if (!content || crc32(content) !== crc) return undefined;
    members.push([name, content]);
    at += DIRECTORY_ENTRY.length + nameLength + extra + comment;
  }
  return members;
}

/** The bytes of a gzip file without its time (RFC 1952, 2.3). */
export function gzipWithoutTimes(bytes: Buffer): Buffer {
  return Buffer.from(bytes).fill(0, 4, 8);
}

/** The bytes of a zip file without the times of its members. */
export function zipWithoutTimes(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  for (const [{ signature }, at] of [
    [LOCAL_HEADER, 10],
    [DIRECTORY_ENTRY, 12],
  ] as const) {
    const magic = Buffer.alloc(4);
    magic.writeUInt32LE(signature);
    for (let start = other.indexOf(magic); start >= 0; start = other.indexOf(magic, start + 4)) other.fill(0, start + at, start + at + 4);
  }
  return other;
}

const BLOCK = 512;

/** The bytes of a tar file without the times of its members, and without the checksums that change with them. */
export function tarWithoutTimes(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  for (let at = 0; at + BLOCK <= other.length; ) {
    const size = Number.parseInt(other.toString('latin1', at + 124, at + 135).trim() || '0', 8) || 0;
    other.fill(0, at + 136, at + 156);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return other;
}

/** Members of a tar file (POSIX pax, ustar). Checksums of headers are verified. @returns undefined where it is damaged or cut */
export function tarMembers(bytes: Buffer): Members | undefined {
  const members: Members = [];
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return members;
    const text = (from: number, length: number) =>
      header
        .subarray(from, from + length)
        .toString('latin1')
        .replace(/\0.*$/s, '');
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    if (Number.parseInt(text(148, 8), 8) !== sum || Number.isNaN(size) || at + BLOCK + size > bytes.length) return undefined;
    // A member's type and mode matter as much as its content; its time does not.
    members.push([
      `${text(345, 155)}${text(0, 100)} ${text(156, 1) || '0'} ${text(100, 8)}`,
      bytes.subarray(at + BLOCK, at + BLOCK + size),
    ]);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}
