/** Encodes a path. Surrogate escapes (PEP 383) become the bytes that they stand for. */
export function pathBytes(text: string): Buffer {
  if (!/[\ud800-\udfff]/u.test(text)) return Buffer.from(text);
  const parts = text
    .split(/([\udc80-\udcff])/u) // with `u`, only a surrogate that stands alone: others are half of a character
    .map((part) => (/^[\udc80-\udcff]$/.test(part) ? Buffer.from([part.charCodeAt(0) & 0xff]) : Buffer.from(part)));
  return Buffer.concat(parts);
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes a path. Bytes that are not UTF-8 become surrogate escapes (PEP 383). */
export function pathOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    let text = '';
    for (let at = 0; at < bytes.length; ) {
      const length = [1, 2, 3, 4].find((count) => isCharacter(bytes.subarray(at, at + count)));
      text += length === undefined ? String.fromCharCode(0xdc00 + (bytes[at] as number)) : strict.decode(bytes.subarray(at, at + length));
      at += length ?? 1;
    }
    return text;
  }
}

function isCharacter(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
