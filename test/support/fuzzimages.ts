import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../../src/images/files.js';
import { openDockerArchive } from '../../src/images/transports/dockerarchive/source.js';
import { openLayout } from '../../src/images/transports/ocilayout/source.js';
import { BLOCK } from '../../src/tar/header.js';
import { TarReader } from '../../src/tar/reader.js';
import { damaged, damagedJson, type FuzzTarget, type Random, target } from './fuzz.js';
import { scratchFile, scratchFolder } from './fuzzscratch.js';
import { configOf, digestOf, dockerArchive, layerTar } from './image.js';

const ignored = () => {};
const LONG = `/${'long/'.repeat(60)}name`;
const LAYER = layerTar([
  { path: '/app' },
  { path: '/app/one.py', content: 'print(1)\n' },
  { path: '/app/two.py', hardLinkTo: '/app/one.py' },
  { path: '/app/link', type: 'l', target: 'one.py' },
  { path: LONG, content: 'x'.repeat(700), xattrs: { 'security.capability': '01' } },
  { path: '/dev/null', type: 'c', device: [1, 3] },
]);

/** Damages an archive. Most headers get their checksum again, so that what is behind it is reached. */
function damagedTar(bytes: Buffer, random: Random): Buffer {
  const other = Buffer.from(damaged(bytes, random));
  if (random.chance(0.3)) return other;
  for (let at = 0; at + BLOCK <= other.length; at += BLOCK) {
    const block = other.subarray(at, at + BLOCK);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return other;
}

const tar = target<Buffer[]>({
  name: 'tar and PAX',
  make: (random) => {
    const bytes = damagedTar(LAYER, random);
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random.below(random.pick([1, 700, 20_000]));
      chunks.push(bytes.subarray(at, at + length));
      at += length;
    }
    return chunks;
  },
  run: (chunks) => {
    const reader = new TarReader(() => ({ write: ignored, end: ignored }), 'The layer');
    for (const chunk of chunks) reader.write(chunk);
    reader.end();
  },
});

/** Files in memory. */
class MemoryFiles implements Files {
  constructor(private readonly content: ReadonlyMap<string, Buffer>) {}

  async size(path: string): Promise<number | undefined> {
    return this.content.get(path)?.length;
  }

  async *open(path: string): AsyncGenerator<Buffer> {
    yield this.content.get(path) as Buffer;
  }

  async close(): Promise<void> {}
}

const CONFIG = JSON.parse(configOf({ layers: [LAYER], config: { Env: ['A=1'], Cmd: ['x'], Labels: { a: 'b' } } }).toString()) as unknown;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A layout of which one document is damaged. The digests around it fit all the same. */
const layout = target<Map<string, Buffer>>({
  name: 'OCI layout',
  make: (random) => {
    const files = new Map<string, Buffer>();
    const which = random.below(5);
    const text = (value: unknown, of: number) => {
      const document = Buffer.from(JSON.stringify(which === of ? damagedJson(value, random) : value));
      return which === of && random.chance(0.2) ? damaged(document, random) : document;
    };
    const blob = (mediaType: string, bytes: Buffer) => {
      const digest = digestOf(bytes);
      files.set(`blobs/${digest.replace(':', '/')}`, bytes);
      return { mediaType, digest, size: bytes.length };
    };
    const config = blob('application/vnd.oci.image.config.v1+json', text(CONFIG, 0));
    const layers = [blob('application/vnd.oci.image.layer.v1.tar', LAYER)];
    const manifest = blob(MANIFEST, text({ schemaVersion: 2, mediaType: MANIFEST, config, layers }, 1));
    const index = text({ schemaVersion: 2, manifests: [{ ...manifest, platform: { os: 'linux', architecture: 'amd64' } }] }, 2);
    const inner = blob('application/vnd.oci.image.index.v1+json', index);
    files.set('index.json', which === 3 ? text({ schemaVersion: 2, manifests: [inner] }, 3) : index);
    files.set('oci-layout', text({ imageLayoutVersion: '1.0.0' }, 4));
    return files;
  },
  run: (files) => openLayout('oci:image', new MemoryFiles(files), undefined, undefined),
});

const ARCHIVE = dockerArchive([{ layers: [LAYER], tags: ['app:1'] }]);
const archive = target<Buffer>({
  name: 'docker archive',
  make: (random) => {
    if (random.chance(0.3)) return damagedTar(ARCHIVE, random);
    const document = [{ Config: 'config.json', RepoTags: ['app:1'], Layers: ['layer.tar'] }];
    const inManifest = random.chance(0.5);
    return layerTar([
      { path: '/manifest.json', content: JSON.stringify(inManifest ? damagedJson(document, random) : document) },
      { path: '/config.json', content: JSON.stringify(inManifest ? CONFIG : damagedJson(CONFIG, random)) },
      { path: '/layer.tar', content: 'x' },
    ]);
  },
  run: async (bytes) => {
    const path = scratchFile('archive.tar');
    writeFileSync(path, bytes);
    const source = await openDockerArchive('docker-archive:x', path, undefined, async () => join(scratchFolder(), 'spool'));
    await source.close();
  },
});

/** What reads images. */
export const IMAGES: readonly FuzzTarget[] = [tar, layout, archive];
