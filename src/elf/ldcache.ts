/** One library in ld.so.cache. */
export interface CacheEntry {
  soname: string;
  path: string;
  /** Kind and architecture bits, see {@link cacheFlags}. */
  flags: number;
  /** Whether the entry is a glibc-hwcaps variant, which only some processors use. */
  hwcaps: boolean;
}

const OLD_MAGIC = 'ld.so-1.7.0\0';
const NEW_MAGIC = 'glibc-ld.so.cache1.1';
const HEADER = 48;
const ENTRY = 24;
const OLD_ENTRY = 12;

/** e_machine → flags of its entries: sysdeps/generic/ldconfig.h of glibc (FLAG_ELF_LIBC6 and the architecture). */
const FLAGS: Record<number, number> = { 62: 0x0303, 183: 0x0a03, 3: 0x0003, 243: 0x1003, 21: 0x0503, 22: 0x0403 };

/** The flags that entries for an e_machine bear, or undefined where it is not known. */
export function cacheFlags(machine: number): number | undefined {
  return FLAGS[machine];
}

/**
 * Parses /etc/ld.so.cache in the format of glibc 2.2 and later, behind the older format where both are there.
 * Source: sysdeps/generic/dl-cache.h of glibc.
 * @returns [] for what is no such cache
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
