import { describe, expect, it } from 'vitest';
import { overBase } from '../../src/assemble/base.js';
import { KeepSet } from '../../src/keep/keepset.js';
import type { RootFs } from '../../src/rootfs.js';
import { makeElf } from '../support/elf.js';
import { makeTree, type Node } from '../support/tree.js';

const program = (text: Buffer): Node => ({ text, mode: 0o755 });
const LIB = '/usr/lib/x86_64-linux-gnu';
const image: Record<string, Node> = {
  '/usr/bin/python3': program(makeElf({ interpreter: '/lib64/ld-linux-x86-64.so.2', needed: ['libc.so.6'] })),
  [`${LIB}/ld-linux-x86-64.so.2`]: makeElf({ soname: 'ld-linux-x86-64.so.2' }),
  '/usr/lib64/ld-linux-x86-64.so.2': { link: '../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' },
  [`${LIB}/libc.so.6`]: makeElf({ soname: 'libc.so.6', versionsDefined: ['GLIBC_2.36'] }),
  [`${LIB}/libresolv.so.2`]: makeElf({ soname: 'libresolv.so.2', needed: ['libc.so.6'] }),
  '/lib': { link: 'usr/lib' },
  '/lib64': { link: 'usr/lib64' },
  '/etc/passwd': 'app',
};
const busybox = (version = 'GLIBC_2.36'): Record<string, Node> => ({
  '/bin/busybox': program(
    makeElf({
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libc.so.6', 'libresolv.so.2'],
      versionsNeeded: { 'libc.so.6': [version] },
    }),
  ),
  '/lib/ld-linux-x86-64.so.2': makeElf({ soname: 'ld-linux-x86-64.so.2' }),
  '/lib/libc.so.6': makeElf({ soname: 'libc.so.6', needed: ['ld-linux-x86-64.so.2'], versionsDefined: [version] }),
  '/lib/libresolv.so.2': makeElf({ soname: 'libresolv.so.2' }),
  '/lib64': { link: 'lib' },
  '/etc/passwd': 'busybox',
});

function over(original: RootFs, base: RootFs, kept: string[]) {
  const keep = new KeepSet(original);
  for (const path of [...kept, '/usr/bin', '/usr/lib64', LIB, '/usr/lib', '/usr', '/etc']) {
    keep.add({ path, rule: 'observed', kind: 'open', parents: [] });
  }
  return { keep, result: overBase({ name: 'busybox:glibc', base, original, python: '/usr/bin/python3', keep }) };
}

const KEPT = ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6', '/usr/bin/python3', '/etc/passwd'];

describe('overBase', () => {
  it("keeps the base's /lib, and links from it to the app's loader and C library", async () => {
    const { keep, result } = over(makeTree(image), makeTree(busybox()), KEPT);
    const { fs } = await result;
    expect(fs.resolve('/lib/libc.so.6')?.path).toBe(`${LIB}/libc.so.6`);
    expect(fs.resolve('/lib/x86_64-linux-gnu/libc.so.6')?.path).toBe(`${LIB}/libc.so.6`);
    expect(fs.resolve('/lib64/ld-linux-x86-64.so.2')?.path).toBe(`${LIB}/ld-linux-x86-64.so.2`);
    expect(fs.resolve('/lib/ld-linux-x86-64.so.2')?.path).toBe(`${LIB}/ld-linux-x86-64.so.2`);
    expect(fs.lstat('/lib')?.type).toBe('d');
    expect(keep.reasons.get(`${LIB}/libresolv.so.2`)?.[0]?.rule).toBe('base');
    expect(Buffer.from(await fs.read('/etc/passwd', 0, 9)).toString()).toBe('app');
  });

  it('refuses a base that needs a newer C library', async () => {
    await expect(over(makeTree(image), makeTree(busybox('GLIBC_2.41')), KEPT).result).rejects.toThrow(/needs GLIBC_2.41 of libc.so.6/);
  });

  it('refuses a base that needs a part of the C library that the image does not have', async () => {
    const { [`${LIB}/libresolv.so.2`]: _, ...without } = image;
    await expect(over(makeTree(without), makeTree(busybox()), KEPT).result).rejects.toThrow(/needs libresolv.so.2/);
  });

  it('refuses a base that has a link where the image has a directory', async () => {
    const base = makeTree({ ...busybox(), '/usr': { link: 'somewhere' } });
    const { keep, result } = over(makeTree(image), base, KEPT);
    keep.add({ path: '/usr', rule: 'parents', kind: 'directory', parents: [] });
    await expect(result).rejects.toThrow(/has \/usr as a link/);
  });
});
