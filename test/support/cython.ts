import { deflateSync } from 'node:zlib';

/** How Cython stores the strings of a module (Compiler/Code.py, generate_pystring_constants). */
export type Storage = 'plain' | 'zlib' | 'lzss' | 'separate';

/** Read-only data of an extension module with string constants, as Cython writes it. Each module has `__main__` and `__test__`. */
export function cythonData(strings: readonly string[], storage: Storage): Buffer {
  const sorted = [...new Set([...strings, '__main__', '__name__', '__pyx_capi__', '__test__', 'cline_in_traceback'])]
    .map((text) => Buffer.from(text))
    .sort(Buffer.compare);
  const end = Buffer.from('\0__pyx_module\0');
  if (storage === 'separate') return Buffer.concat([end, ...sorted.flatMap((text) => [text, Buffer.from('\0')])]);
  const lengths = Buffer.alloc(4 * sorted.length);
  sorted.forEach((text, index) => {
    lengths.writeUInt32LE(text.length, 4 * index);
  });
  const text = Buffer.concat(sorted);
  const stored = storage === 'plain' ? text : storage === 'zlib' ? deflateSync(text) : lzss(text);
  // The table is aligned, and no number beside it may be a length.
  const data = Buffer.concat([end, stored, Buffer.from('\0')]);
  return Buffer.concat([data, Buffer.alloc(8 - (data.length % 4), 0xff), lengths, Buffer.alloc(8, 0xff)]);
}

/** Compresses as Cython/LZSS.py does, with back references of two bytes only (Utility/StringTools.c, __pyx_lzss_decompress). */
function lzss(text: Buffer): Buffer {
  const items: (readonly number[])[] = [];
  for (let at = 0; at < text.length; ) {
    const found = earlier(text, at);
    items.push(found ? [found.back, found.length - 3] : [text[at] as number]);
    at += found?.length ?? 1;
  }
  const bytes: number[] = [];
  for (let first = 0; first < items.length; first += 8) {
    const eight = items.slice(first, first + 8);
    bytes.push(
      eight.reduce((flags, item, bit) => flags | (item.length === 1 ? 1 << bit : 0), 0),
      ...eight.flat(),
    );
  }
  return Buffer.from(bytes);
}

/** Three to eight bytes that stood at most 127 bytes before. `back` counts from the end of the earlier place. */
function earlier(text: Buffer, at: number): { back: number; length: number } | undefined {
  for (let length = Math.min(8, text.length - at); length >= 3; length--) {
    const place = text.subarray(0, at).lastIndexOf(text.subarray(at, at + length));
    const back = at - place - length;
    if (place >= 0 && back >= 0 && back < 128) return { back, length };
  }
  return undefined;
}
