import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { explained, UserError, usageError } from '../errors.js';
import { BLOCK } from '../tar/header.js';
import { normalPath, TarReader } from '../tar/reader.js';
import { compressionOf, decompressed } from './compression.js';

/** Files of an image, by path: in a directory or in a tar archive. */
export interface Files {
  /** Size of a file in bytes; undefined if there is none. */
  size(path: string): Promise<number | undefined>;
  open(path: string): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

const CHUNK = 1 << 20;
/** Largest JSON file that is read, in bytes. */
export const LARGEST_JSON = 32 << 20;

/**
 * Reads a JSON file as a whole.
 * @throws UserError when there is none, or it is too large to be JSON of an image
 */
export async function readSmall(files: Files, path: string, reference: string): Promise<Buffer> {
  const size = await files.size(path);
  if (size === undefined)
    throw new UserError(`${reference} has no ${path}.`, 'Check that it is an image of this kind, and that it is complete.');
  if (size > LARGEST_JSON) throw new UserError(`${path} of ${reference} is too large: ${size} bytes.`, 'Build the image again.');
  return buffer(files.open(path));
}

/** The files of a directory. */
export class DirectoryFiles implements Files {
  constructor(private readonly folder: string) {}

  async size(path: string): Promise<number | undefined> {
    const found = await stat(join(this.folder, path)).catch(() => undefined);
    return found?.isFile() ? found.size : undefined;
  }

  open(path: string): AsyncIterable<Buffer> {
    return createReadStream(join(this.folder, path), { highWaterMark: CHUNK });
  }

  async close(): Promise<void> {}
}

/** Position of a member in an archive, or the path of the member that it links to. */
type Member = { offset: number; size: number } | { linkTo: string };

/** The files of a tar archive. Their positions are found once, by reading only the headers. */
export class TarFiles implements Files {
  private constructor(
    private readonly file: FileHandle,
    private readonly members: ReadonlyMap<string, Member>,
  ) {}

  /**
   * @param spool names a new file, which a compressed archive is unpacked to
   * @throws UserError when there is no such file, or it is not a whole archive
   */
  static async open(path: string, spool: () => Promise<string>): Promise<TarFiles> {
    let file = await open(path).catch((error: NodeJS.ErrnoException) => {
      throw usageError(`${path} can't be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`, 'Check the path.');
    });
    try {
      if (!(await file.stat()).isFile())
        throw usageError(`${path} is not a file.`, 'Name an archive. If it is an OCI layout in a directory, write oci:DIR.');
      const head = Buffer.alloc(4);
      await file.read(head, 0, 4, 0);
      if (compressionOf(head) !== 'none') file = await unpacked(file, path, await spool());
      return new TarFiles(file, await indexOf(file, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async size(path: string): Promise<number | undefined> {
    return this.find(path)?.size;
  }

  async *open(path: string): AsyncGenerator<Buffer> {
    const found = this.find(path);
    if (!found) throw new Error(`no ${path} in the archive`);
    let at = found.offset;
    const end = found.offset + found.size;
    while (at < end) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
      const { bytesRead } = await this.file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw new Error(`${path} ends too early`);
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private find(path: string): { offset: number; size: number } | undefined {
    // `docker save` stores a layer once and links to it where it occurs again.
    let name = normalPath(path);
    for (let depth = 0; depth < 10; depth++) {
      const member = this.members.get(name);
      if (!member || 'offset' in member) return member;
      name = member.linkTo;
    }
    return undefined;
  }
}

async function unpacked(file: FileHandle, path: string, spool: string): Promise<FileHandle> {
  const target = await open(spool, 'wx+', 0o600);
  try {
    for await (const chunk of decompressed(file.createReadStream({ highWaterMark: CHUNK }), path)) await target.write(chunk);
  } catch (error) {
    await target.close();
    throw explained(error, spool);
  }
  return target;
}

async function indexOf(file: FileHandle, path: string): Promise<Map<string, Member>> {
  const { size: end } = await file.stat();
  const members = new Map<string, Member>();
  let at = 0;
  let length: number | undefined;
  const reader = new TarReader((entry) => {
    if (entry.hardLinkTo !== undefined) members.set(entry.path, { linkTo: entry.hardLinkTo });
    else if (entry.type === 'l') members.set(entry.path, { linkTo: normalPath(`${entry.path}/../${entry.target}`) });
    else if (entry.type === 'f') members.set(entry.path, { offset: at + BLOCK, size: entry.size });
    length = entry.size;
    return undefined;
  }, path);
  const block = Buffer.alloc(BLOCK);
  for (;;) {
    const { bytesRead } = await file.read(block, 0, BLOCK, at);
    if (bytesRead < BLOCK) {
      if (bytesRead > 0 || members.size === 0) throw cutOff(path);
      return members;
    }
    length = undefined;
    reader.write(Buffer.from(block));
    if (reader.atEnd) return members;
    at += BLOCK;
    if (length === undefined) continue; // a pax header; the member follows
    if (at + length > end) throw cutOff(path);
    at += reader.passOver();
  }
}

function cutOff(path: string): UserError {
  return new UserError(`${path} is cut off, or it is not a tar archive.`, 'Copy or download it again.');
}
