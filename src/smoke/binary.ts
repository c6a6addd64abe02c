import {
  type Allowance,
  crc32,
  gzipMembers,
  gzipWithoutTimes,
  type Members,
  tarMembers,
  tarWithoutTimes,
  zipMembers,
  zipWithoutTimes,
} from './archives.js';
import { allEqual, inside, isAlike, joined, type Likeness, type Spans, type Unlike } from './likeness.js';

/** A format of binary files. */
interface Format {
  name: string;
  /** Whether bytes begin as a file of this format does. */
  starts: (bytes: Buffer) => boolean;
  /** What its header says, e.g. the size of an image. undefined where the file is damaged or cut. */
  header?: (bytes: Buffer) => string | undefined;
  /** What it holds, to compare each member by itself. undefined where the file is damaged or cut. */
  members?: (bytes: Buffer, allowance: Allowance) => Members | undefined;
  /** An archive's bytes without the times of its members. */
  withoutTimes?: (bytes: Buffer) => Buffer;
}

const ascii =
  (text: string, at = 0) =>
  (bytes: Buffer) =>
    bytes.subarray(at, at + text.length).toString('latin1') === text;
const bytesOf =
  (...magic: number[]) =>
  (bytes: Buffer) =>
    Buffer.from(magic).equals(bytes.subarray(0, magic.length));

/** What binary files are compared by, where the originals' bytes vary. Sources are the specifications of the formats. */
const FORMATS: readonly Format[] = [
  { name: 'PNG', starts: bytesOf(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), header: png },
  { name: 'JPEG', starts: bytesOf(0xff, 0xd8, 0xff), header: jpeg },
  { name: 'GIF', starts: (bytes) => /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6)), header: gif },
  { name: 'WebP', starts: (bytes) => ascii('RIFF')(bytes) && ascii('WEBP', 8)(bytes), header: riff },
  { name: 'WAV', starts: (bytes) => ascii('RIFF')(bytes) && ascii('WAVE', 8)(bytes), header: riff },
  { name: 'BMP', starts: ascii('BM'), header: bmp },
  { name: 'PDF', starts: ascii('%PDF-'), header: pdf },
  { name: 'gzip', starts: bytesOf(0x1f, 0x8b), members: gzipMembers, withoutTimes: gzipWithoutTimes },
  {
    name: 'zip',
    starts: (bytes) => ascii('PK\x03\x04')(bytes) || ascii('PK\x05\x06')(bytes),
    members: zipMembers,
    withoutTimes: zipWithoutTimes,
  },
  { name: 'tar', starts: ascii('ustar', 257), members: tarMembers, withoutTimes: tarWithoutTimes },
  // Apache Parquet, Arrow and NumPy, which data services answer with.
  { name: 'Parquet', starts: ascii('PAR1'), header: (bytes) => (bytes.subarray(-4).toString('latin1') === 'PAR1' ? '' : undefined) },
  { name: 'Arrow', starts: ascii('ARROW1'), header: (bytes) => (bytes.subarray(-6).toString('latin1') === 'ARROW1' ? '' : undefined) },
  { name: 'NumPy', starts: ascii('\x93NUMPY'), header: numpy },
];

/** Sizes of files whose content varies differ by at most this part. */
const SIZE_TOLERANCE = 0.25;

const DIFFERS: Unlike = {};

/**
 * Compares bytes that are no text. Where the originals agree, they must be the same. Where not, the shrunk image's must be
 * of the same format, with the same header, complete, and of about the same size.
 * @param compare compares what an archive holds
 * @param allowance for what has to be decompressed
 */
export function compareBinaries(
  originals: readonly Buffer[],
  shrunk: Buffer,
  spans: Spans,
  compare: (originals: readonly Buffer[], shrunk: Buffer, spans: Spans, allowance: Allowance) => Likeness,
  allowance: Allowance,
): Likeness {
  const [first] = originals as [Buffer];
  if (originals.every((one) => one.equals(first))) return first.equals(shrunk) ? [] : DIFFERS;
  const format = FORMATS.find(({ starts }) => originals.every(starts));
  if (!format) return unknownBytes(originals, shrunk);
  if (!format.starts(shrunk)) return DIFFERS;
  if (format.members) {
    const members = originals.map((one) => format.members?.(one, allowance));
    const mine = format.members(shrunk, allowance);
    if (allowance.spent) return notLookedInto(unknownBytes(originals, shrunk));
    if (!members.every((some) => some !== undefined)) return unknownBytes(originals, shrunk);
    if (!mine) return DIFFERS;
    const likeness = compareMembers(members, mine, (some, one) => compare(some, one, spans, allowance));
    // The contents are equal, so what varies is a time in the archive itself.
    if (!isAlike(likeness) || likeness.length > 0) return likeness;
    const bare = [...originals, shrunk].map((bytes) => format.withoutTimes?.(bytes) ?? bytes);
    return bare.every((bytes) => bytes.equals(bare[0] as Buffer))
      ? [{ place: 'the times in it', originals: ['vary'], shrunk: 'vary' }]
      : DIFFERS;
  }
  const headers = originals.map((one) => headerOf(format, one));
  // What can't be read in the originals says nothing about the shrunk image, e.g. a WAV that is written as a stream.
  if (!headers.every((one) => one !== undefined)) return unknownBytes(originals, shrunk);
  const header = headerOf(format, shrunk);
  if (header === undefined || !headers.includes(header)) return DIFFERS;
  return similarSize(originals, shrunk)
    ? [{ place: '', originals: originals.map((one) => told(format, one)), shrunk: told(format, shrunk) }]
    : DIFFERS;
}

/** What the header of a file says, or undefined where it can't be read. */
function headerOf({ header }: Format, bytes: Buffer): string | undefined {
  try {
    return header?.(bytes);
  } catch (error) {
    // The file ends inside of its header.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function told(format: Format, bytes: Buffer): string {
  return [format.name, headerOf(format, bytes) ?? '', `${bytes.length} bytes`].filter(Boolean).join(', ');
}

/** Says of archives that only their sizes and ends were compared. */
function notLookedInto(likeness: Likeness): Likeness {
  return isAlike(likeness)
    ? likeness.map((one) => ({ ...one, place: 'not looked into, since it goes over the limit `answer`' }))
    : likeness;
}

function compareMembers(
  originals: readonly Members[],
  shrunk: Members,
  compare: (originals: readonly Buffer[], shrunk: Buffer) => Likeness,
): Likeness {
  const names = [...originals, shrunk].map((members) => JSON.stringify(members.map(([name]) => name)));
  if (!allEqual(names)) return DIFFERS;
  return joined(
    shrunk.map(([name, content], index) =>
      inside(
        name,
        compare(
          originals.map((members) => members[index]?.[1] as Buffer),
          content,
        ),
      ),
    ),
  );
}

function similarSize(originals: readonly Buffer[], { length }: Buffer): boolean {
  const sizes = originals.map((one) => one.length);
  return length >= Math.min(...sizes) * (1 - SIZE_TOLERANCE) && length <= Math.max(...sizes) * (1 + SIZE_TOLERANCE);
}

/** Random bytes are the same in two originals once in 256, but so many in a row only once in 4 billion. */
const LEAST_RUN = 4;

/** Unknown formats: where the originals have the same bytes in the same places, the shrunk image must have them too. */
function unknownBytes(originals: readonly Buffer[], shrunk: Buffer): Likeness {
  if (!similarSize(originals, shrunk)) return DIFFERS;
  const same = allEqual([...originals, shrunk].map(({ length }) => length));
  // With other lengths, only what they begin and end with is known.
  const ends = [(bytes: Buffer, index: number) => bytes[index], (bytes: Buffer, index: number) => bytes[bytes.length - 1 - index]];
  const alike = same ? hasRuns(originals, shrunk) : ends.every((at) => hasRuns(originals, shrunk, at, true));
  if (!alike) return DIFFERS;
  return [{ place: '', originals: originals.map(({ length }) => `${length} bytes`), shrunk: `${shrunk.length} bytes` }];
}

/**
 * Whether bytes have all runs that the originals share.
 * @param at the byte at an index
 * @param firstOnly whether only the run at index 0 counts
 */
function hasRuns(
  originals: readonly Buffer[],
  shrunk: Buffer,
  at = (bytes: Buffer, index: number) => bytes[index],
  firstOnly = false,
): boolean {
  const [first] = originals as [Buffer];
  let [run, damaged] = [0, false];
  for (let index = 0; index <= first.length; index++) {
    const byte = at(first, index);
    if (index < first.length && originals.every((one) => at(one, index) === byte)) {
      run++;
      damaged ||= at(shrunk, index) !== byte;
      continue;
    }
    if (damaged && run >= LEAST_RUN) return false;
    if (firstOnly) return true;
    [run, damaged] = [0, false];
  }
  return true;
}

/** PNG (W3C, 5 and 11.2.1): all chunks to IEND with their checksums. */
function png(bytes: Buffer): string | undefined {
  let header: string | undefined;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return undefined;
    if (type === 'IHDR' && length === 13)
      header = `${bytes.readUInt32BE(at + 8)} x ${bytes.readUInt32BE(at + 12)}, depth ${bytes[at + 16]}, color type ${bytes[at + 17]}`;
    if (type === 'IEND') return header;
    at = end;
  }
  return undefined;
}

/** JPEG (ITU T.81, B.1): the segments to the frame header, and the end of the image. */
function jpeg(bytes: Buffer): string | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(bytes.length - 2) !== 0xffd9) return undefined;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] as number;
    // SOF0 to SOF15, without the tables that have numbers among them: DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return `${bytes.readUInt16BE(at + 7)} x ${bytes.readUInt16BE(at + 5)}, depth ${bytes[at + 4]}, ${bytes[at + 9]} components`;
  }
  return undefined;
}

/** GIF89a (18): the logical screen, and the trailer. */
function gif(bytes: Buffer): string | undefined {
  if (bytes.length < 14 || bytes[bytes.length - 1] !== 0x3b) return undefined;
  return `${bytes.readUInt16LE(6)} x ${bytes.readUInt16LE(8)}`;
}

/** RIFF: the length in the header, and the first bytes of the first chunk, which has the size of a WebP or the format of a WAV. */
function riff(bytes: Buffer): string | undefined {
  if (bytes.length < 36 || bytes.readUInt32LE(4) + 8 > bytes.length) return undefined;
  const type = bytes.toString('latin1', 12, 16);
  // RFC 9649: `VP8 ` has its size after a frame tag and a start code, `VP8L` after a signature, `VP8X` after flags.
  const header: Record<string, readonly [number, number]> = { 'VP8 ': [26, 30], VP8L: [21, 24], VP8X: [20, 30], 'fmt ': [20, 36] };
  const [from, to] = header[type] ?? [0, 0];
  return `${type.trim()} ${bytes.toString('hex', from, to)}`;
}

function bmp(bytes: Buffer): string | undefined {
  if (bytes.length < 30 || bytes.readUInt32LE(2) !== bytes.length) return undefined;
  return `${bytes.readInt32LE(18)} x ${bytes.readInt32LE(22)}, ${bytes.readUInt16LE(28)} bits`;
}

/** PDF (ISO 32000, 7.5): version, number of pages, and the end of the file. */
function pdf(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  if (!/%%EOF\s*$/.test(text.slice(-1024))) return undefined;
  return `${text.slice(5, 8)}, ${text.match(/\/Type\s*\/Page\b/g)?.length ?? 0} pages`;
}

/** numpy.lib.format: the header is a Python dict with type and shape, and the data follows. */
function numpy(bytes: Buffer): string | undefined {
  if (bytes.length < 10) return undefined;
  const length = bytes.readUInt16LE(8);
  return bytes.length > 10 + length ? bytes.toString('latin1', 10, 10 + length).trim() : undefined;
}
