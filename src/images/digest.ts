import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';

/** `sha256:...` of some bytes. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * The same chunks, followed by an error where they are not the bytes that a digest stands for.
 * @param digest `sha256:...` or `sha512:...` (OCI image specification, "Digests")
 * @param what of whom the message speaks
 */
export async function* checked(chunks: AsyncIterable<Buffer>, digest: string, what: string): AsyncGenerator<Buffer> {
  const hash = createHash(algorithmOf(digest, what));
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  requireDigest(`${digest.slice(0, digest.indexOf(':'))}:${hash.digest('hex')}`, digest, what);
}

/** @throws UserError where a digest is not the one that was promised */
export function requireDigest(found: string, promised: string, what: string): void {
  if (found !== promised)
    throw new UserError(`${what} is damaged: its digest is ${found}, and should be ${promised}.`, 'Copy or download the image again.');
}

/** @throws UserError for an algorithm that we cannot compute */
export function algorithmOf(digest: string, what: string): 'sha256' | 'sha512' {
  const match = /^(sha256):[0-9a-f]{64}$|^(sha512):[0-9a-f]{128}$/.exec(digest);
  if (!match) throw new UserError(`${what} has the digest ${digest}, which is neither sha256 nor sha512.`, 'Make the image anew.');
  return (match[1] ?? match[2]) as 'sha256' | 'sha512';
}
