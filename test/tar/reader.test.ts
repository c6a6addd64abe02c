import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/rootfs.js';
import { padding, tarHeader } from '../../src/tar/header.js';
import { normalPath, type TarEntry, TarReader } from '../../src/tar/reader.js';
import { layerTar } from '../support/image.js';

interface Read {
  entry: TarEntry;
  body: Buffer;
}

/** Reads an archive in pieces of a size. */
function read(archive: Buffer, step = archive.length || 1): Read[] {
  const found: Read[] = [];
  const reader = new TarReader((entry) => {
    const one: Read = { entry, body: Buffer.alloc(0) };
    found.push(one);
    return {
      write: (data) => {
        one.body = Buffer.concat([one.body, data]);
      },
      end: () => {},
    };
  }, 'the archive');
  for (let at = 0; at < archive.length; at += step) reader.write(archive.subarray(at, at + step));
  reader.end();
  return found;
}

const name = fc.stringMatching(/^[\w\udce9 äß日-]{1,60}$/u).filter((text) => text !== '.' && text !== '..');
const entry = fc
  .record({
    path: fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
    type: fc.constantFrom('f', 'd', 'l', 'c', 'p') as fc.Arbitrary<Entry['type']>,
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 2 ** 31 }),
    gid: fc.integer({ min: 0, max: 2 ** 31 }),
    mtime: fc.integer({ min: 0, max: 2 ** 33 }),
    body: fc.uint8Array({ maxLength: 2000 }),
    xattrs: fc.dictionary(fc.stringMatching(/^user\.[a-z]{1,9}$/), fc.uint8Array({ maxLength: 30 }), { maxKeys: 2 }),
  })
  .map(({ body, xattrs, ...rest }) => {
    const hex = Object.fromEntries(Object.entries(xattrs).map(([key, value]) => [key, Buffer.from(value).toString('hex')]));
    return {
      body: rest.type === 'f' ? Buffer.from(body) : Buffer.alloc(0),
      entry: {
        ...rest,
        size: rest.type === 'f' ? body.length : 0,
        ...(rest.type === 'l' && { target: '../somewhere/else' }),
        ...(rest.type === 'c' && { device: [5, 1] as [number, number] }),
        ...(Object.keys(hex).length > 0 && { xattrs: hex }),
      } as Entry,
    };
  });

describe('TarReader', () => {
  it('reads back what tarHeader writes, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.integer({ min: 1, max: 3000 }), (members, step) => {
        const archive = Buffer.concat([
          ...members.flatMap((member) => [tarHeader(member.entry), member.body, padding(member.body.length)]),
          Buffer.alloc(1024),
        ]);
        expect(read(archive, step)).toEqual(members.map((member) => ({ entry: member.entry, body: member.body })));
      }),
    );
  });

  it.each(['v7', 'oldgnu', 'gnu', 'ustar', 'posix'])("reads tar's format %s", (format) => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
    const long = format === 'v7' ? 'dir' : `${'d'.repeat(60)}/${'e'.repeat(60)}`;
    mkdirSync(join(folder, long), { recursive: true });
    writeFileSync(join(folder, long, 'file'), 'x'.repeat(1500), { mode: 0o640 });
    symlinkSync(format === 'gnu' || format === 'posix' ? 'z'.repeat(150) : 'zz', join(folder, 'link'));
    const linked = format !== 'ustar'; // its field for the target of a link is too short here
    if (linked) linkSync(join(folder, long, 'file'), join(folder, 'same'));
    const archive = execFileSync('tar', [`--format=${format}`, '--sort=name', '-C', folder, '-c', '.'], { maxBuffer: 1 << 24 });
    const all = new Map(read(archive).map(({ entry: found, body }) => [found.path, { ...found, body }]));
    const file = all.get(`/${long}/file`);
    expect([file?.mode, file?.size, file?.body.toString(), file?.type]).toEqual([0o640, 1500, 'x'.repeat(1500), 'f']);
    expect(all.get('/link')).toMatchObject({ type: 'l', target: expect.stringMatching(/^z+$/) });
    expect(all.get('/same')?.hardLinkTo).toBe(linked ? `/${long}/file` : undefined);
    expect(all.get(`/${long}`)?.type).toBe('d');
  });

  it('reads extended attributes of any name', () => {
    const xattrs = Object.fromEntries(['user.__proto__', '__proto__', 'constructor'].map((key) => [key, '00ff']));
    const [found] = read(tarHeader({ path: '/a', type: 'f', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, xattrs }));
    expect(Object.entries(found?.entry.xattrs ?? {}).sort()).toEqual(Object.entries(xattrs).sort());
  });

  it('refuses an archive that is cut off, at every length', () => {
    const archive = layerTar([{ path: '/a', content: 'x'.repeat(700) }]);
    const whole = 512 + 1024;
    for (let length = 1; length < whole; length += 37) expect(() => read(archive.subarray(0, length))).toThrowError(/ends too early/);
    expect(read(archive.subarray(0, whole))).toHaveLength(1); // some builders end their archives so
  });

  it('refuses extended headers that are too large', () => {
    const bomb = tarHeader({ path: '/PaxHeader', type: 'f', mode: 0, uid: 0, gid: 0, size: 5e9, mtime: 0 });
    bomb[156] = 'x'.charCodeAt(0);
    refreshChecksum(bomb);
    expect(() => read(bomb)).toThrowError(/extended header has 5000000000 bytes/);
  });

  it('refuses numbers that no file has, and damaged headers', () => {
    const header = () => tarHeader({ path: '/a', type: 'f', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0 });
    const huge = header();
    huge.fill(0x7f, 124, 136);
    huge[124] = 0x80;
    refreshChecksum(huge);
    expect(() => read(huge)).toThrowError(/has the number/);
    const text = header();
    text.write('hello', 124, 'latin1');
    refreshChecksum(text);
    expect(() => read(text)).toThrowError(/a field that is not a number/);
    const flipped = header();
    flipped[0] = 0x62;
    expect(() => read(flipped)).toThrowError(/checksum/);
  });

  it('throws only UserErrors for damaged archives', () => {
    const valid = layerTar([{ path: '/a', content: 'abc' }, { path: '/d' }, { path: `/${'l'.repeat(120)}`, content: 'long' }]);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(valid);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          read(bytes);
        } catch (error) {
          expect((error as Error).name).toBe('UserError');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('normalPath', () => {
  it.each([
    ['a/b', '/a/b'],
    ['./a//b/', '/a/b'],
    ['/a/../../..', '/'],
    ['../../etc/passwd', '/etc/passwd'],
    ['a/./.b/..c', '/a/.b/..c'],
    ['', '/'],
  ])('of %j is %s', (text, path) => {
    expect(normalPath(text)).toBe(path);
  });
});

function refreshChecksum(header: Buffer): void {
  header.write(' '.repeat(8), 148, 'latin1');
  let sum = 0;
  for (const byte of header.subarray(0, 512)) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
