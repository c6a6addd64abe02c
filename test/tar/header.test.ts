import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/rootfs.js';
import { padding, tarHeader } from '../../src/tar/header.js';
import { pathBytes } from '../../src/tar/pathbytes.js';

async function readBack(bytes: Buffer): Promise<Header & { pax?: Record<string, string> }> {
  const archive = extract();
  const found: Header[] = [];
  archive.on('entry', (header, stream, next) => {
    found.push(header);
    stream.resume();
    stream.on('end', next);
  });
  archive.end(Buffer.concat([bytes, Buffer.alloc(1024)]));
  await new Promise<void>((resolve, reject) => archive.on('finish', () => resolve()).on('error', reject));
  expect(found).toHaveLength(1);
  return found[0] as Header & { pax?: Record<string, string> };
}

const segment = fc.stringMatching(/^[^/\0]{1,60}$/u).filter((text) => text !== '.' && text !== '..' && !/[\ud800-\udfff]/u.test(text));
const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join('/')}`);
const LARGEST = 2 ** 31 - 1;

describe('tarHeader', () => {
  it('is read back by a tar reader, whatever the names and numbers are', async () => {
    await fc.assert(
      fc.asyncProperty(path, path, fc.nat(0o7777), fc.nat(2 ** 21 - 1), fc.nat(LARGEST), async (name, target, mode, id, mtime) => {
        const link: Entry = { path: name, type: 'l', target, mode, uid: id, gid: 0, size: 0, mtime };
        const header = await readBack(tarHeader(link));
        expect(header).toMatchObject({
          name: name.slice(1),
          linkname: target,
          type: 'symlink',
          mode,
          uid: id,
          mtime: new Date(mtime * 1000),
        });
      }),
      { numRuns: 300 },
    );
  });

  const file = (more: Partial<Entry>): Entry => ({ path: '/x', type: 'f', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 1, ...more });

  it('writes a hard link without content', async () => {
    expect(await readBack(tarHeader(file({ size: 99 }), '/dir/first'))).toMatchObject({ type: 'link', linkname: 'dir/first', size: 0 });
  });

  it('writes the root, directories and devices', async () => {
    expect(await readBack(tarHeader(file({ path: '/', type: 'd', mode: 0o755 })))).toMatchObject({ name: './', type: 'directory' });
    expect(await readBack(tarHeader(file({ path: '/dev/x', type: 'c', device: [1, 3] })))).toMatchObject({
      type: 'character-device',
      devmajor: 1,
      devminor: 3,
    });
  });

  it('writes binary extended attributes and large owners into a pax header', () => {
    const bytes = tarHeader(file({ uid: 2 ** 31, xattrs: { 'security.capability': '0100000200fe000a' } }));
    const body = bytes.subarray(512, 1024);
    expect(body.includes(Buffer.from('SCHILY.xattr.security.capability=\x01\x00\x00\x02\x00\xfe\x00\x0a\n', 'latin1'))).toBe(true);
    expect(body.toString('latin1')).toMatch(/^18 uid=2147483648\n\d+ SCHILY/);
  });

  it('includes the digits of the length in the length of a record', () => {
    for (let length = 80; length < 120; length++) {
      const body = tarHeader(file({ path: `/${'é'.repeat(length)}` })).subarray(512);
      const stated = Number(/^(\d+) /.exec(body.toString('latin1'))?.[1]);
      expect(body[stated - 1]).toBe(10);
      expect(body.subarray(0, stated).toString()).toBe(`${stated} path=${'é'.repeat(length)}\n`);
    }
  });

  it('turns surrogate escapes back into the bytes of the name', () => {
    expect(pathBytes('caf\udce9/ü')).toEqual(Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x2f, 0xc3, 0xbc]));
  });

  it('pads to blocks', () => {
    expect([0, 1, 511, 512, 513].map((size) => padding(size).length)).toEqual([0, 511, 1, 0, 511]);
  });
});
