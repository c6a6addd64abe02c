/** One library in ld.so.cache. */
export interface CacheEntry {
  soname: string;
  path: string;
  /** Kind and architecture, see `cacheFlags` of src/arch.ts. */
  flags: number;
  /** Whether it is a glibc-hwcaps variant, which only some processors use. */
  hwcaps: boolean;
}

const OLD_MAGIC = 'ld.so-1.7.0\0';
const NEW_MAGIC = 'glibc-ld.so.cache1.1';
const HEADER = 48;
const ENTRY = 24;
const OLD_ENTRY = 12;

/**
 * Parses /etc/ld.so.cache in the format of glibc 2.2 and later. A file in both formats has the older one first.
 * Format: sysdeps/generic/dl-cache.h of glibc.
 * @returns [] when the bytes are not such a cache
 */
export function parseLdCache(bytes: Uint8Array): CacheEntry[] {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  if (data.toString('latin1', 0, OLD_MAGIC.length) === OLD_MAGIC && data.length >= 16) {
    start = (16 + data.readUInt32LE(12) * OLD_ENTRY + 7) & ~7;
  }
  if (data.toString('latin1', start, start + NEW_MAGIC.length) !== NEW_MAGIC || data.length < start + HEADER) return [];
  const count = data.readUInt32LE(start + 20);
  const found: CacheEntry[] = [];
  for (let i = 0, at = start + HEADER; i < count && at + ENTRY <= data.length; i++, at += ENTRY) {
    const soname = text(data, start + data.readUInt32LE(at + 4));
    const path = text(data, start + data.readUInt32LE(at + 8));
    if (soname && path) found.push({ soname, path, flags: data.readUInt32LE(at), hwcaps: data.readBigUInt64LE(at + 16) !== 0n });
  }
  return found;
}

function text(data: Buffer, offset: number): string {
  const end = data.indexOf(0, offset);
  return data.toString('utf8', offset, end < 0 ? undefined : end);
}
