import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { sha256 } from '../../../src/images/digest.js';
import { DigestReader } from '../../../src/images/layers/digests.js';
import { dockerArchive as streamed } from '../../../src/images/transports/dockerarchive/sink.js';
import { openSource } from '../../../src/images/transports/open.js';
import { dockerArchive, layerTar } from '../../support/image.js';

let count = 0;
const folder = mkdtempSync(join(tmpdir(), 'pyshrink-digests-'));
const spool = async () => join(folder, String(count++));

/** The digests of an image's files, worked out while its archive is streamed, and whether the archive is the same without. */
async function digestsOf(layers: Buffer[], compress?: (tar: Buffer) => Buffer) {
  const path = await spool();
  writeFileSync(path, dockerArchive([{ layers, tags: [], ...(compress && { compress: layers.map(() => compress) }) }]));
  const read = async (reader?: DigestReader) => {
    const source = await openSource(path, { text: path, transport: 'docker-archive', path }, undefined, spool);
    const parts: Buffer[] = [];
    for await (const part of streamed(source, 'name:1', spool, reader)) parts.push(part as Buffer);
    await source.close();
    return Buffer.concat(parts);
  };
  const reader = new DigestReader('A layer');
  expect(sha256(await read(reader))).toBe(sha256(await read()));
  return reader.found();
}

it.each([undefined, gzipSync])('are those of the files that the image has in the end', async (compress) => {
  const below = layerTar([
    { path: '/kept', content: 'kept' },
    { path: '/changed', content: 'old' },
    { path: '/gone', content: 'gone' },
    { path: '/folder', type: 'd' },
    { path: '/folder/hidden', content: 'hidden' },
    { path: '/becomes-a-link', content: 'x' },
    { path: '/empty', content: '' },
  ]);
  const above = layerTar([
    { path: '/changed', content: 'new' },
    { path: '/.wh.gone' },
    { path: '/folder/.wh..wh..opq' },
    { path: '/becomes-a-link', type: 'l', target: '/kept' },
    { path: '/second-name', hardLinkTo: '/kept' },
  ] as never);
  const found = await digestsOf([below, above], compress);
  const contents = { '/kept': 'kept', '/changed': 'new', '/empty': '', '/second-name': 'kept' };
  expect(Object.fromEntries(found ?? [])).toEqual(Object.fromEntries(Object.entries(contents).map(([path, text]) => [path, sha256(text)])));
});

it('a layer that comes twice hides what is between', async () => {
  const [one, two] = [layerTar([{ path: '/a', content: 'one' }]), layerTar([{ path: '/a', content: 'two' }])];
  expect((await digestsOf([one, two, one]))?.get('/a')).toBe(sha256('one'));
});

it('there are none where a layer is damaged, and the archive is streamed all the same', async () => {
  const damaged = layerTar([{ path: '/a', content: 'a' }]);
  damaged.fill(0xff, 0, 300);
  expect(await digestsOf([damaged])).toBeUndefined();
});
