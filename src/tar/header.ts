import type { Entry } from '../rootfs.js';
import { pathBytes } from './pathbytes.js';

/** Size of a tar block in bytes. Headers and contents are padded to it. */
export const BLOCK = 512;
const TYPEFLAG: Record<Entry['type'] | 'hardlink', string> = { f: '0', hardlink: '1', l: '2', c: '3', b: '4', d: '5', p: '6' };
const LARGEST_OCTAL = { id: 0o7777777, size: 0o77777777777 };

/**
 * The header blocks of one entry: a ustar header, and before it a pax header for values that ustar cannot hold.
 * Our own code, since tar-stream writes pax records as text, and file capabilities and some names are not UTF-8.
 * Format: POSIX.1-2001 (pax). Extended attributes are SCHILY.xattr.* records, as Docker and the OCI image
 * specification read them.
 * @param hardLinkTo path of an earlier entry of the archive that is the same file
 */
export function tarHeader(entry: Entry, hardLinkTo?: string): Buffer {
  const name = pathBytes(entry.path === '/' ? './' : `${entry.path.slice(1)}${entry.type === 'd' ? '/' : ''}`);
  const linkName = pathBytes(hardLinkTo !== undefined ? hardLinkTo.slice(1) : entry.type === 'l' ? (entry.target ?? '') : '');
  const size = hardLinkTo === undefined ? entry.size : 0;
  const mtime = Math.max(0, entry.mtime);
  const records: Buffer[] = [];
  if (name.length > 100 || !isAscii(name)) records.push(record('path', name));
  if (linkName.length > 100 || !isAscii(linkName)) records.push(record('linkpath', linkName));
  if (size > LARGEST_OCTAL.size) records.push(record('size', size));
  if (mtime > LARGEST_OCTAL.size) records.push(record('mtime', mtime));
  if (entry.uid > LARGEST_OCTAL.id) records.push(record('uid', entry.uid));
  if (entry.gid > LARGEST_OCTAL.id) records.push(record('gid', entry.gid));
  if (hardLinkTo === undefined) {
    for (const key of Object.keys(entry.xattrs ?? {}).sort())
      records.push(record(`SCHILY.xattr.${key}`, Buffer.from(entry.xattrs?.[key] ?? '', 'hex')));
  }
  const type = hardLinkTo !== undefined ? 'hardlink' : entry.type;
  const header = ustar(name, linkName, TYPEFLAG[type], entry, size, mtime);
  if (records.length === 0) return header;
  const body = Buffer.concat(records);
  const shown = { ...entry, mode: 0o644, uid: 0, gid: 0 };
  return Buffer.concat([
    ustar(Buffer.from('PaxHeader'), Buffer.alloc(0), 'x', shown, body.length, mtime),
    body,
    padding(body.length),
    header,
  ]);
}

/** The zeros between `size` bytes of content and the next block. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function ustar(name: Buffer, linkName: Buffer, typeflag: string, entry: Entry, size: number, mtime: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  name.copy(header, 0, 0, 100);
  octal(header, entry.mode & 0o7777, 100, 8);
  octal(header, Math.min(entry.uid, LARGEST_OCTAL.id), 108, 8);
  octal(header, Math.min(entry.gid, LARGEST_OCTAL.id), 116, 8);
  octal(header, Math.min(size, LARGEST_OCTAL.size), 124, 12);
  octal(header, Math.min(mtime, LARGEST_OCTAL.size), 136, 12);
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(typeflag, 156, 'latin1');
  linkName.copy(header, 157, 0, 100);
  header.write('ustar\0' + '00', 257, 'latin1');
  octal(header, entry.device?.[0] ?? 0, 329, 8);
  octal(header, entry.device?.[1] ?? 0, 337, 8);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function octal(header: Buffer, value: number, offset: number, length: number): void {
  header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1');
}

/** `length key=value\n`. The length includes its own digits. */
function record(key: string, value: Buffer | number): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), typeof value === 'number' ? Buffer.from(String(value)) : value, Buffer.from('\n')]);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}
