import { UserError } from '../errors.js';
import type { Entry, EntryType } from '../rootfs.js';
import { BLOCK } from './header.js';
import { pathOf } from './pathbytes.js';

/** A member of an archive. `path` is absolute and has no `.` or `..`. */
export interface TarEntry extends Omit<Entry, 'group'> {
  /** For a hard link: the path of an earlier member that is the same file. */
  hardLinkTo?: string;
}

/** Receives the bytes of a file, chunk by chunk. */
export type Sink = { write(data: Buffer): void; end(): void };

/** Largest extended header in bytes. The paths and attributes of one file are always smaller on Linux. */
const LARGEST_EXTENSION = 1 << 20;
/** Longest path in bytes that Linux accepts (PATH_MAX). */
const LONGEST_PATH = 4096;
const TYPES: Record<string, EntryType | undefined> = {
  '0': 'f',
  '\0': 'f',
  '7': 'f',
  '1': 'f',
  '2': 'l',
  '3': 'c',
  '4': 'b',
  '5': 'd',
  '6': 'p',
};
const XATTR = 'SCHILY.xattr.';

/** What extended headers say about the next member. */
interface Extension {
  path?: Buffer;
  linkpath?: Buffer;
  size?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  xattrs?: Record<string, string>;
}

/**
 * Reads a tar archive as a stream: v7, ustar, pax and GNU's long names (tar(5) of libarchive; POSIX.1-2001).
 * Only the current block is in memory. Our own code, since tar-stream reads pax records as text, and file capabilities
 * and some names are not UTF-8.
 */
export class TarReader {
  private block: Buffer = Buffer.alloc(0);
  private extension: Extension = {};
  /** Bytes of the current member or extended header that are still to come, and the padding after them. */
  private left = 0;
  private pad = 0;
  private sink: Sink | undefined;
  private finished = false;

  /**
   * @param visit is called for each member; the sink that it returns receives the bytes of a file
   * @param what subject of error messages, e.g. `The layer sha256:...`
   */
  constructor(
    private readonly visit: (entry: TarEntry) => Sink | undefined,
    private readonly what: string,
  ) {}

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.finished) {
      if (this.left > 0) {
        const part = chunk.subarray(at, at + Math.min(this.left, chunk.length - at));
        this.sink?.write(part);
        this.left -= part.length;
        at += part.length;
        if (this.left === 0) this.endMember();
      } else if (this.pad > 0) {
        const skipped = Math.min(this.pad, chunk.length - at);
        this.pad -= skipped;
        at += skipped;
      } else {
        const part = chunk.subarray(at, at + BLOCK - this.block.length);
        at += part.length;
        this.block = this.block.length === 0 ? part : Buffer.concat([this.block, part]);
        if (this.block.length === BLOCK) {
          const header = this.block;
          this.block = Buffer.alloc(0);
          this.header(header);
        }
      }
    }
  }

  /** @throws UserError when the archive ended in the middle of a member */
  end(): void {
    if (this.left > 0 || this.pad > 0 || this.block.length > 0) throw this.damaged('it ends too early');
  }

  /** Whether the end of the archive has been read. */
  get atEnd(): boolean {
    return this.finished;
  }

  /**
   * Skips the rest of the current member, for callers that read an archive by position.
   * @returns the number of bytes to skip, padding included
   */
  passOver(): number {
    const passed = this.left + this.pad;
    this.left = 0;
    this.pad = 0;
    this.endMember();
    return passed;
  }

  private endMember(): void {
    this.sink?.end();
    this.sink = undefined;
  }

  private header(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      this.finished = true;
      return;
    }
    requireChecksum(block, () => this.damaged('a header does not match its checksum'));
    const flag = String.fromCharCode(block[156] as number);
    const size = this.number(block, 124, 12);
    if (flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K') {
      if (size > LARGEST_EXTENSION) throw this.damaged(`an extended header has ${size} bytes`);
      const parts: Buffer[] = [];
      this.expect(size, { write: (data) => parts.push(Buffer.from(data)), end: () => this.extend(flag, Buffer.concat(parts)) });
      return;
    }
    const { extension } = this;
    this.extension = {};
    const type = TYPES[flag];
    // Members of an unknown type have contents, which are skipped; hard links, directories and devices have none.
    const hasContent = type === undefined || (type === 'f' && flag !== '1');
    const content = hasContent ? (extension.size ?? size) : 0;
    const entry = type && this.entry(block, flag, type, extension, content);
    this.expect(content, entry && this.visit(entry));
  }

  private expect(size: number, sink: Sink | undefined): void {
    this.left = size;
    this.pad = (BLOCK - (size % BLOCK)) % BLOCK;
    this.sink = sink;
    if (size === 0) this.endMember();
  }

  private entry(block: Buffer, flag: string, type: EntryType, extension: Extension, size: number): TarEntry {
    const link = extension.linkpath ?? text(block, 157, 100);
    const entry: TarEntry = {
      path: this.path(extension.path ?? nameOf(block)),
      type,
      mode: this.number(block, 100, 8) & 0o7777,
      uid: extension.uid ?? this.number(block, 108, 8),
      gid: extension.gid ?? this.number(block, 116, 8),
      size,
      mtime: extension.mtime ?? this.number(block, 136, 12),
    };
    if (flag === '1') entry.hardLinkTo = this.path(link);
    if (type === 'l') entry.target = pathOf(link);
    if (type === 'c' || type === 'b') entry.device = [this.number(block, 329, 8), this.number(block, 337, 8)];
    if (extension.xattrs) entry.xattrs = extension.xattrs;
    return entry;
  }

  private path(bytes: Buffer): string {
    if (bytes.length > LONGEST_PATH) throw this.damaged(`a path has ${bytes.length} bytes`);
    return normalPath(pathOf(bytes));
  }

  private extend(flag: string, body: Buffer): void {
    const end = body.indexOf(0);
    if (flag === 'L') this.extension.path = end < 0 ? body : body.subarray(0, end);
    else if (flag === 'K') this.extension.linkpath = end < 0 ? body : body.subarray(0, end);
    // Global headers hold comments of the archive's author, e.g. git's commit. Docker ignores them too.
    else if (flag === 'x') this.pax(body);
  }

  private pax(body: Buffer): void {
    for (let at = 0; at < body.length; ) {
      const space = body.indexOf(0x20, at);
      const length = space < 0 ? 0 : Number(body.toString('latin1', at, space));
      const equals = body.indexOf(0x3d, space);
      const end = at + length;
      if (!Number.isInteger(length) || length < 5 || end > body.length || equals < 0 || equals >= end || body[end - 1] !== 0x0a)
        throw this.damaged('an extended header is malformed');
      this.record(body.toString('latin1', space + 1, equals), body.subarray(equals + 1, end - 1));
      at = end;
    }
  }

  private record(key: string, value: Buffer): void {
    const number = () => {
      const found = Number(value.toString('latin1'));
      if (value.length === 0 || !Number.isFinite(found))
        throw this.damaged(`an extended header has the ${key} ${value.toString('latin1')}`);
      return key === 'mtime' ? Math.floor(found) : this.reasonable(found);
    };
    if (key === 'path' || key === 'linkpath') this.extension[key] = value;
    else if (key === 'size' || key === 'uid' || key === 'gid' || key === 'mtime') this.extension[key] = number();
    else if (key.startsWith(XATTR)) {
      // Without a prototype, an attribute may have any name, also `__proto__`.
      this.extension.xattrs ??= Object.create(null) as Record<string, string>;
      this.extension.xattrs[key.slice(XATTR.length)] = value.toString('hex');
    } else if (key.startsWith('GNU.sparse.')) throw this.damaged('it has a sparse file, which image builders do not write');
  }

  /** A number of a header: octal text, or base-256 if the first bit is set (GNU). */
  private number(block: Buffer, at: number, length: number): number {
    const field = block.subarray(at, at + length);
    if ((field[0] as number) & 0x80) {
      let value = BigInt((field[0] as number) & 0x7f);
      for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
      // Negative numbers are times before 1970.
      return (field[0] as number) & 0x40 ? 0 : this.reasonable(Number(value));
    }
    const octal = field
      .toString('latin1')
      .replace(/[\0 ]+/g, ' ')
      .trim();
    if (octal === '') return 0;
    if (!/^[0-7]+$/.test(octal)) throw this.damaged('a header has a field that is not a number');
    return Number.parseInt(octal, 8);
  }

  private reasonable(value: number): number {
    if (!Number.isSafeInteger(value) || value < 0) throw this.damaged(`a header has the number ${value}`);
    return value;
  }

  private damaged(why: string): UserError {
    return new UserError(`${this.what} is damaged: ${why}.`, 'Copy or download the image again.');
  }
}

/** Makes a path absolute and removes empty parts, `.` and `..`. A path that leads out of the root stays at the root. */
export function normalPath(text: string): string {
  if (/^\/?([^/.][^/]*\/)*[^/.][^/]*$/.test(text)) return text.startsWith('/') ? text : `/${text}`;
  const parts: string[] = [];
  for (const part of text.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Name of a header, with its prefix if it is ustar. GNU uses the prefix field for other things. */
function nameOf(block: Buffer): Buffer {
  const name = text(block, 0, 100);
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : Buffer.alloc(0);
  return prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name;
}

function text(block: Buffer, at: number, length: number): Buffer {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end));
}

function requireChecksum(block: Buffer, problem: () => Error): void {
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] as number);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte; // some old programs sum signed bytes
  }
  const stored = Number.parseInt(
    block
      .toString('latin1', 148, 156)
      .replace(/[\0 ]+/g, ' ')
      .trim(),
    8,
  );
  if (stored !== unsigned && stored !== signed) throw problem();
}
