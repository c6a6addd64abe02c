import { UserError } from '../../../errors.js';

/** Largest manifest in bytes: 4 MiB (OCI Distribution Specification, "Pushing Manifests"). */
export const LARGEST_MANIFEST = 4 << 20;
/** Largest answer in bytes that is neither a manifest nor a blob: a token, or the text of an error. */
const LARGEST_TEXT = 1 << 20;

/** The bytes of an answer's body. */
async function* bodyOf(answer: Response): AsyncGenerator<Buffer> {
  if (!answer.body) return;
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>)
    yield Buffer.from(part.buffer, part.byteOffset, part.length);
}

/**
 * The body of an answer, as long as it has at most `most` bytes.
 * @param what subject of error messages
 * @throws UserError as soon as there are more
 */
export async function smallBody(answer: Response, most: number, what: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of bodyOf(answer)) {
    length += part.length;
    if (length > most) throw new UserError(`${what} has more than ${most} bytes.`, 'Check the name of the image and of its registry.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** A short text of a registry. @throws UserError where it is longer than 1 MiB */
export async function smallText(answer: Response, what: string): Promise<string> {
  return (await smallBody(answer, LARGEST_TEXT, what)).toString();
}

/**
 * The body of a blob, which has the size that its descriptor names.
 * @param what subject of error messages
 * @throws UserError as soon as it has more bytes, or where it ends before
 */
export async function* exactBody(answer: Response, size: number, what: string): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const part of bodyOf(answer)) {
    length += part.length;
    if (length > size)
      throw new UserError(
        `${what} has more bytes than the ${size} that its descriptor names.`,
        'The registry is broken: pull the image again later.',
      );
    yield part;
  }
  if (length < size) throw new UserError(`${what} is cut off after ${length} of ${size} bytes.`, 'Run the command again.');
}
