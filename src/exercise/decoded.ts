import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { own } from '../records.js';

/** Bytes that a compressed answer may have after decoding. */
const MOST_BYTES = 256 << 20;
const OPTIONS = { maxOutputLength: MOST_BYTES };

/** Content codings of HTTP (RFC 9110, 8.4.1; RFC 7932; RFC 8878). Many servers send `deflate` without the header of zlib. */
const CODINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes, OPTIONS),
  'x-gzip': (bytes) => gunzipSync(bytes, OPTIONS),
  deflate: (bytes) => (((bytes[0] as number) & 0x0f) === 8 ? inflateSync(bytes, OPTIONS) : inflateRawSync(bytes, OPTIONS)),
  br: (bytes) => brotliDecompressSync(bytes, OPTIONS),
  zstd: (bytes) => Buffer.from(decompress(bytes)),
};

/**
 * Undoes the content coding of a body.
 * @param codings value of the header `content-encoding`
 * @returns undefined where the coding is not known, or the body is damaged
 */
export function decodedBody(body: Buffer, codings: string | undefined): Buffer | undefined {
  // The answer to HEAD has the header and no body.
  if (codings === undefined || body.length === 0) return body;
  try {
    return codings
      .split(',')
      .map((coding) => coding.trim().toLowerCase())
      .reverse()
      .reduce<Buffer | undefined>((bytes, coding) => bytes && own(CODINGS, coding)?.(bytes), body);
  } catch {
    return undefined;
  }
}
