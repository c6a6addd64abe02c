import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { UserError } from '../errors.js';

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Level that docker push and skopeo use. */
const GZIP_LEVEL = 6;
/** Bytes per chunk. */
const CHUNK = 1 << 18;

/** Node.js has it from version 22.15. */
const createZstdDecompress = (zlib as unknown as { createZstdDecompress?: (options: object) => Transform }).createZstdDecompress;

/** Finds out by the first four bytes how a stream is compressed (RFC 1952, RFC 8878). */
export function compressionOf(head: Uint8Array): 'gzip' | 'zstd' | 'none' {
  const starts = (magic: Buffer) => magic.equals(Buffer.from(head.subarray(0, magic.length)));
  return starts(GZIP) ? 'gzip' : starts(ZSTD) ? 'zstd' : 'none';
}

/**
 * Decompresses gzip and zstd, and passes other bytes on. Media types are often wrong, so only the bytes decide.
 * @param what subject of error messages, e.g. `The layer sha256:...`
 * @throws UserError when the bytes are damaged
 */
export async function* decompressed(chunks: AsyncIterable<Buffer>, what: string): AsyncGenerator<Buffer> {
  try {
    yield* anyBytes(chunks);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || /^E[A-Z]+$/.test(code ?? '')) throw error;
    throw new UserError(`${what} can't be decompressed: ${message}.`, 'Copy or download the image again.');
  }
}

async function* anyBytes(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await source.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const all = rejoined(head, source);
  const kind = compressionOf(head);
  if (kind === 'none') yield* all;
  else if (kind === 'zstd') yield* createZstdDecompress ? through(all, createZstdDecompress({ chunkSize: CHUNK })) : zstdByLibrary(all);
  else yield* through(all, zlib.createGunzip({ chunkSize: CHUNK }));
}

async function* rejoined(head: Buffer, source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}

async function* through(chunks: AsyncIterable<Buffer>, transform: Transform): AsyncGenerator<Buffer> {
  // The transform fails with the error of its source, so the callback has nothing to do.
  pipeline(chunks, transform, () => {});
  yield* transform as AsyncIterable<Buffer>;
}

async function* zstdByLibrary(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const parts: Buffer[] = [];
  const stream = new Decompress((part) => parts.push(Buffer.from(part)));
  for await (const chunk of chunks) {
    stream.push(chunk);
    yield* parts.splice(0);
  }
  stream.push(new Uint8Array(), true);
  yield* parts;
}

/** Compresses with gzip. The same bytes give the same result. */
export function gzipped(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return through(chunks, zlib.createGzip({ level: GZIP_LEVEL, chunkSize: CHUNK }));
}
