import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { applyLayers } from '../../../src/images/layers/apply.js';
import { parseImageName } from '../../../src/images/name.js';
import { ownPlatform } from '../../../src/images/platform.js';
import { readConfig } from '../../../src/images/source.js';
import { type LayeredName, openSource } from '../../../src/images/transports/open.js';
import { dockerArchive, layerTar, type MadeImage, ociLayout } from '../../support/image.js';
import { zstdFrame } from '../../support/zstd.js';

const tars = [
  layerTar([
    { path: '/a', content: 'one' },
    { path: '/b', content: 'x'.repeat(300_000) },
  ]),
  layerTar([
    { path: '/.wh.a', content: '' },
    { path: '/c', content: 'three' },
  ]),
];
const image: MadeImage = { layers: tars, config: { Cmd: ['/c'] } };

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
}

/** Opens an image by its name and returns the paths of its files, and its configuration. */
async function open(text: string, platform?: string) {
  let spooled = 0;
  const place = folder();
  const source = await openSource(text, parseImageName(text) as LayeredName, platform, async () => join(place, String(spooled++)));
  try {
    const { entries } = await applyLayers(source, { make: () => undefined, link: () => {}, update: () => {}, remove: () => {} });
    return { paths: [...entries.keys()].sort(), config: readConfig(source.configBytes, text) };
  } finally {
    await source.close();
  }
}

function file(bytes: Buffer): string {
  const path = join(folder(), 'image.tar');
  writeFileSync(path, bytes);
  return path;
}

async function tarOf(layout: string): Promise<string> {
  const { execFileSync } = await import('node:child_process');
  return file(execFileSync('tar', ['-C', layout, '-c', '.'], { maxBuffer: 1 << 26 }));
}

describe('sources', () => {
  it.each<[string, () => Promise<string>]>([
    ['oci:', async () => `oci:${ociLayout(folder(), [image])}`],
    ['oci: by its name', async () => `oci:${ociLayout(folder(), [image], '1.2')}:1.2`],
    ['oci-archive:', async () => `oci-archive:${await tarOf(ociLayout(folder(), [image]))}`],
    [
      'oci-archive: that is compressed',
      async () => `oci-archive:${file(gzipSync(readFileSync(await tarOf(ociLayout(folder(), [image])))))}`,
    ],
    ['docker-archive:', async () => `docker-archive:${file(dockerArchive([{ ...image, tags: ['app:1'] }]))}`],
    ['docker-archive: that is compressed', async () => `docker-archive:${file(gzipSync(dockerArchive([{ ...image, tags: ['app:1'] }])))}`],
    [
      'docker-archive: with compressed layers',
      async () => `docker-archive:${file(dockerArchive([{ ...image, tags: [], compress: [gzipSync, zstdFrame] }]))}`,
    ],
    [
      'layers in gzip, zstd and plain',
      async () =>
        `oci:${ociLayout(folder(), [{ ...image, compress: [zstdFrame, (tar) => tar], mediaTypes: ['application/vnd.oci.image.layer.v1.tar+zstd', 'application/vnd.oci.image.layer.v1.tar'] }])}`,
    ],
  ])('reads %s', async (_, make) => {
    const { paths, config } = await open(await make());
    expect(paths).toEqual(['/', '/b', '/c']);
    expect(config.config.Cmd).toEqual(['/c']);
  });

  it('chooses one of several images of an archive by name', async () => {
    const other: MadeImage = { layers: [layerTar([{ path: '/other', content: '' }])] };
    const path = file(
      dockerArchive([
        { ...image, tags: ['app:1'] },
        { ...other, tags: ['team/other:latest'] },
      ]),
    );
    expect((await open(`docker-archive:${path}:team/other`)).paths).toEqual(['/', '/other']);
    await expect(open(`docker-archive:${path}`)).rejects.toMatchObject({
      message: expect.stringContaining('contains 2 images'),
      remedy: expect.stringContaining(`docker-archive:${path}:app:1`),
      exitCode: 2,
    });
    await expect(open(`docker-archive:${path}:none`)).rejects.toThrowError(/contains no image none/);
  });

  it('chooses the platform from an index: the wanted one, or that of this computer', async () => {
    const path = ociLayout(folder(), [
      { layers: [layerTar([{ path: '/foreign', content: '' }])], architecture: 's390x' },
      { layers: [layerTar([{ path: '/own', content: '' }])], architecture: ownPlatform().architecture },
    ]);
    expect((await open(`oci:${path}`)).paths).toEqual(['/', '/own']);
    expect((await open(`oci:${path}`, 'linux/s390x')).paths).toEqual(['/', '/foreign']);
    await expect(open(`oci:${path}`, 'linux/mips')).rejects.toMatchObject({ remedy: expect.stringContaining('linux/s390x') });
  });
});

describe('bad input', () => {
  const broken: [string, () => Promise<string> | string, RegExp][] = [
    ['no such file', () => 'docker-archive:/nowhere.tar', /there is no such file/],
    ['a directory in place of an archive', () => `docker-archive:${folder()}`, /is not a file/],
    ['a file in place of a directory', () => `oci:${file(Buffer.alloc(10))}`, /is not a directory/],
    ['an empty directory', () => `oci:${folder()}`, /has no oci-layout/],
    ['an empty file', () => `docker-archive:${file(Buffer.alloc(0))}`, /is cut off, or it is not a tar archive/],
    ['something else', () => `docker-archive:${file(Buffer.from('#!/bin/sh\n'.repeat(200)))}`, /checksum|not a tar/],
    ['a tar that is not an image', () => `docker-archive:${file(layerTar([{ path: '/x', content: 'y' }]))}`, /has no manifest.json/],
    [
      'a manifest that is not JSON',
      () => `docker-archive:${file(layerTar([{ path: '/manifest.json', content: '{"x":' }]))}`,
      /is not an archive of `docker save`/,
    ],
    [
      'an archive that is cut off',
      () => `docker-archive:${file(dockerArchive([{ ...image, tags: [] }]).subarray(0, 200_000))}`,
      /is cut off/,
    ],
    [
      'a compressed archive that is cut off',
      () => `docker-archive:${file(gzipSync(dockerArchive([{ ...image, tags: [] }])).subarray(0, 700))}`,
      /cut off|unexpected end/,
    ],
    [
      'an unknown media type',
      () => `oci:${ociLayout(folder(), [{ ...image, mediaTypes: ['text/plain', 'text/plain'] }])}`,
      /a layer of the unknown type text\/plain/,
    ],
    [
      'an encrypted layer',
      () => `oci:${ociLayout(folder(), [{ ...image, mediaTypes: ['application/vnd.oci.image.layer.v1.tar+gzip+encrypted', ''] }])}`,
      /has an encrypted layer/,
    ],
    [
      'another artifact',
      () => {
        const path = folder();
        ociLayout(path, [image]);
        writeFileSync(
          join(path, 'index.json'),
          JSON.stringify({ manifests: [{ mediaType: 'application/x', digest: `sha256:${'0'.repeat(64)}`, size: 1 }] }),
        );
        return `oci:${path}`;
      },
      /a manifest of the unknown type application\/x/,
    ],
    [
      'a layer that is missing',
      () => {
        const path = ociLayout(folder(), [image]);
        const blobs = join(path, 'blobs/sha256');
        for (const name of readdirSync(blobs)) if (readFileSync(join(blobs, name))[0] === 0x1f) rmSync(join(blobs, name));
        return `oci:${path}`;
      },
      /is missing/,
    ],
    [
      'a layer with other bytes',
      () => {
        const path = ociLayout(folder(), [image]);
        const blobs = join(path, 'blobs/sha256');
        for (const name of readdirSync(blobs)) {
          const bytes = readFileSync(join(blobs, name));
          if (bytes[0] === 0x1f) {
            bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
            writeFileSync(join(blobs, name), bytes);
          }
        }
        return `oci:${path}`;
      },
      /its digest is|incorrect|check/,
    ],
    [
      'a layer that is shorter than it should be',
      () => {
        const path = ociLayout(folder(), [image]);
        const blobs = join(path, 'blobs/sha256');
        for (const name of readdirSync(blobs)) {
          const bytes = readFileSync(join(blobs, name));
          if (bytes[0] === 0x1f) writeFileSync(join(blobs, name), bytes.subarray(0, 20));
        }
        return `oci:${path}`;
      },
      /has 20 bytes instead of/,
    ],
    [
      'fewer layers than the configuration names',
      () => {
        const path = folder();
        mkdirSync(path, { recursive: true });
        const bytes = dockerArchive([{ ...image, tags: [] }])
          .toString('latin1')
          .replace(/,"[0-9a-f]{64}\/layer.tar"\]/, `]${' '.repeat(77)}`);
        return `docker-archive:${file(Buffer.from(bytes, 'latin1'))}`;
      },
      /1 layers, but its configuration names 2/,
    ],
  ];
  it.each(broken)('reports %s', async (_, make, message) => {
    await expect(open(await make())).rejects.toThrowError(message);
    await expect(open(await make())).rejects.toMatchObject({ name: 'UserError' });
  });
});
