import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { UserError } from '../errors.js';

/** Bytes of a file that are read at once. */
const PART = 1 << 16;

/** Digest of bytes, as `sha256:...`. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Digest of a file's bytes. @returns undefined where it is no regular file, or one that this user can't read */
export async function digestOfFile(path: string | Buffer): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
    return undefined;
  });
  if (!file) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const hash = createHash('sha256');
    const part = Buffer.allocUnsafe(PART);
    for (;;) {
      const { bytesRead } = await file.read(part, 0, PART); // a stream costs more than reading does: most files are small
      if (bytesRead === 0) return `sha256:${hash.digest('hex')}`;
      hash.update(part.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/**
 * Passes chunks on and checks their digest at the end.
 * @param digest `sha256:...` or `sha512:...` (OCI image specification, "Digests")
 * @param what subject of error messages, e.g. `The layer sha256:...`
 * @throws UserError after the last chunk, when the digest is different
 */
export async function* checked(chunks: AsyncIterable<Buffer>, digest: string, what: string): AsyncGenerator<Buffer> {
  const hash = createHash(algorithmOf(digest, what));
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  requireDigest(`${digest.slice(0, digest.indexOf(':'))}:${hash.digest('hex')}`, digest, what);
}

/** @throws UserError when a digest is not the expected one */
export function requireDigest(found: string, expected: string, what: string): void {
  if (found !== expected)
    throw new UserError(`${what} is damaged: its digest is ${found}, and should be ${expected}.`, 'Copy or download the image again.');
}

/** @throws UserError for an algorithm that pyshrink does not compute */
export function algorithmOf(digest: string, what: string): 'sha256' | 'sha512' {
  const match = /^(sha256):[0-9a-f]{64}$|^(sha512):[0-9a-f]{128}$/.exec(digest);
  if (!match) throw new UserError(`${what} has the digest ${digest}, which is neither sha256 nor sha512.`, 'Build the image again.');
  return (match[1] ?? match[2]) as 'sha256' | 'sha512';
}
