import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { explained, UserError } from '../errors.js';
import { normalPath, TarReader } from '../tar/reader.js';
import { compressionOf, decompressed } from './compression.js';

/** Named files of a layout: in a directory, or in a tar archive. */
export interface Files {
  /** Bytes of a file; undefined where there is none. */
  size(path: string): Promise<number | undefined>;
  open(path: string): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

const CHUNK = 1 << 20;
/** Bytes of a file of JSON that are read at most. */
const LARGEST_JSON = 32 << 20;
const BLOCK = 512;

/** The bytes of a small file. @throws UserError where there is none, or it is too large for what it should be */
export async function readSmall(files: Files, path: string, reference: string): Promise<Buffer> {
  const size = await files.size(path);
  if (size === undefined)
    throw new UserError(`${reference} has no ${path}.`, 'Check that it names an image of this kind, and that it is whole.');
  if (size > LARGEST_JSON) throw new UserError(`${path} of ${reference} has ${size} bytes, which is no manifest.`, 'Make the image anew.');
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

/** Where a member of an archive is. */
type Member = { offset: number; size: number } | { same: string };

/** The files of a tar archive, found once by reading its headers and no more. */
export class TarFiles implements Files {
  private constructor(
    private readonly file: FileHandle,
    private readonly members: ReadonlyMap<string, Member>,
  ) {}

  /**
   * @param spool where a compressed archive is unpacked to
   * @throws UserError where there is no such file, it is no archive, or it is cut off
   */
  static async open(path: string, spool: () => Promise<string>): Promise<TarFiles> {
    let file = await open(path).catch((error: NodeJS.ErrnoException) => {
      throw new UserError(
        `${path} can't be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`,
        'Check the path.',
        2,
      );
    });
    try {
      if (!(await file.stat()).isFile())
        throw new UserError(`${path} is no file.`, 'Name an archive; a directory may be an oci: layout.', 2);
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
    // Archives of `docker save` name a layer that is there twice by a link.
    let name = normalPath(path);
    for (let depth = 0; depth < 10; depth++) {
      const member = this.members.get(name);
      if (!member || 'offset' in member) return member;
      name = member.same;
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
    if (entry.hardLinkTo !== undefined) members.set(entry.path, { same: entry.hardLinkTo });
    else if (entry.type === 'l') members.set(entry.path, { same: normalPath(`${entry.path}/../${entry.target}`) });
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
    if (length === undefined) continue; // of a header that describes the next
    if (at + length > end) throw cutOff(path);
    at += reader.passOver();
  }
}

function cutOff(path: string): UserError {
  return new UserError(`${path} is cut off, or is no tar archive.`, 'Copy or download it again.');
}
