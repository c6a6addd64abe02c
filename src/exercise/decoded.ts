import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { boundOf } from '../bounds.js';
import { own } from '../records.js';
import { unzstd } from './zstd.js';

/** Content codings of HTTP (RFC 9110, 8.4.1; RFC 7932; RFC 8878). Many servers send `deflate` without the header of zlib. */
const CODINGS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: (bytes, options) => (((bytes[0] as number) & 0x0f) === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options)),
  br: brotliDecompressSync,
  zstd: unzstd,
};

/**
 * Undoes the content coding of a body.
 * @param codings value of the header `content-encoding`
 * @returns undefined where the coding is not known, the body is damaged, or it goes over the limit `answer`
 */
export function decodedBody(body: Buffer, codings: string | undefined): Buffer | undefined {
  // The answer to HEAD has the header and no body.
  if (codings === undefined || body.length === 0) return body;
  try {
    return codings
      .split(',')
      .map((coding) => coding.trim().toLowerCase())
      .reverse()
      .reduce<Buffer | undefined>((bytes, coding) => bytes && own(CODINGS, coding)?.(bytes, { maxOutputLength: boundOf('answer') }), body);
  } catch {
    return undefined;
  }
}
