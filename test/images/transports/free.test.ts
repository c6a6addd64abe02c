import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/images/digest.js';
import { OCI } from '../../../src/images/mediatypes.js';
import { parseImageName } from '../../../src/images/name.js';
import { requireLayout } from '../../../src/images/transports/free.js';
import { openSource } from '../../../src/images/transports/open.js';
import { type FileTarget, writeImage } from '../../../src/images/transports/write.js';
import { configOf, dockerArchive, layerTar, type MadeImage, ociLayout } from '../../support/image.js';

const Labels = { 'io.pyshrink.original.id': 'sha256:0' };
const made = (name: string, config: object = { Labels }): MadeImage => ({
  layers: [layerTar([{ path: `/${name}`, content: name }])],
  config,
});
const [OURS, THEIRS] = [made('ours'), made('theirs', {})];

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
});

let count = 0;
async function write(text: string, image: MadeImage, force = false): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
  const path = join(folder, 'image.tar');
  const spool = async () => join(folder, `spool${count++}`);
  writeFileSync(path, dockerArchive([{ ...image, tags: [] }]));
  const source = await openSource(path, { text: path, transport: 'docker-archive', path }, undefined, spool);
  try {
    await writeImage(source, parseImageName(text) as FileTarget, 'app:1', spool, force);
  } finally {
    await source.close();
  }
}

/** Everything below a folder, with its bytes. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ parentPath, name }) => [join(parentPath, name), sha256(readFileSync(join(parentPath, name)))]));
}

/** Checks that a target is refused, and that nothing changes. */
async function refused(text: string, message: RegExp): Promise<void> {
  const before = contents(place);
  await expect(write(text, OURS)).rejects.toMatchObject({
    message: expect.stringMatching(message),
    remedy: expect.stringContaining('--force'),
  });
  expect(contents(place)).toEqual(before);
}

describe('a target in files', () => {
  it.each(['docker-archive', 'oci-archive'])('%s: is replaced where pyshrink made it, and only then', async (transport) => {
    const target = `${transport}:${place}/a.tar`;
    await write(target, THEIRS);
    await refused(target, /a\.tar is something that pyshrink did not make/);
    await write(target, OURS, true);
    await write(target, made('again'));
    writeFileSync(`${place}/a.tar`, 'notes');
    await refused(target, /is something that pyshrink did not make/);
  });

  it('is refused where an archive has several images, even if one of them is ours', async () => {
    writeFileSync(
      `${place}/a.tar`,
      dockerArchive([
        { ...OURS, tags: ['x:1'] },
        { ...THEIRS, tags: ['y:1'] },
      ]),
    );
    await refused(`docker-archive:${place}/a.tar`, /is something that pyshrink did not make/);
  });

  it('oci: a name of others is refused, beside it there is room', async () => {
    await write(`oci:${place}:theirs`, THEIRS);
    await refused(`oci:${place}:theirs`, /is an image that pyshrink did not make/);
    await write(`oci:${place}:ours`, OURS);
    expect(readdirSync(`${place}/blobs/sha256`)).toHaveLength(6);
  });

  it('oci: several images without a name are refused', async () => {
    ociLayout(place, [THEIRS, made('more', {})]);
    await refused(`oci:${place}`, /is an image that pyshrink did not make/);
  });

  it.each([
    ['is a folder with other files', () => writeFileSync(`${place}/index.html`, 'mine')],
    ['has an index of something else', () => writeFileSync(`${place}/index.json`, '{"pages": []}')],
    [
      'has a damaged index',
      () => {
        ociLayout(place, [OURS]);
        writeFileSync(`${place}/index.json`, '{');
      },
    ],
  ])('oci: a layout that %s is not free', async (_, prepare) => {
    prepare();
    await refused(`oci:${place}`, /can't be read, so it may not be pyshrink's to replace/);
    await refused(`oci:${place}:new`, /can't be read, so it may not be pyshrink's to replace/);
  });

  it('oci: blobs of others stay, whatever is replaced', async () => {
    ociLayout(place, [THEIRS], 'theirs');
    const theirs = readdirSync(`${place}/blobs/sha256`);
    const stray = join(place, 'blobs', 'sha256', 'a'.repeat(64));
    writeFileSync(stray, 'of another program that is writing');
    await write(`oci:${place}:theirs`, OURS, true);
    await write(`oci:${place}:theirs`, made('again'));
    expect(existsSync(stray)).toBe(true);
    expect(readdirSync(`${place}/blobs/sha256`)).toEqual(expect.arrayContaining(theirs));
    expect(readdirSync(`${place}/blobs/sha256`)).toHaveLength(theirs.length + 1 + 3);
  });

  it('oci: a blob that another image needs stays when ours is replaced', async () => {
    await write(`oci:${place}:one`, OURS);
    await write(`oci:${place}:two`, OURS);
    await write(`oci:${place}:one`, made('again'));
    const source = await openSource('x', { text: 'x', transport: 'oci', path: place, name: 'two' }, undefined, async () => '');
    expect(source.layers).toHaveLength(1);
    await source.close();
  });

  it('oci: nothing is removed where another image of the layout has an unknown type', async () => {
    await write(`oci:${place}:one`, OURS);
    const index = JSON.parse(readFileSync(`${place}/index.json`, 'utf8'));
    index.manifests.push({ mediaType: 'application/x-signature', digest: sha256('x'), size: 1 });
    writeFileSync(`${place}/index.json`, JSON.stringify(index));
    await write(`oci:${place}:one`, made('again'));
    expect(readdirSync(`${place}/blobs/sha256`)).toHaveLength(6);
  });

  it('oci: a blob with the right size and other bytes is written again', async () => {
    await write(`oci:${place}:one`, OURS);
    const [blob] = readdirSync(`${place}/blobs/sha256`) as [string];
    const path = join(place, 'blobs', 'sha256', blob);
    const right = readFileSync(path);
    writeFileSync(path, Buffer.alloc(right.length));
    await write(`oci:${place}:two`, OURS);
    expect(readFileSync(path).equals(right)).toBe(true);
  });

  it('oci: twenty runs at once add their images to one new layout', async () => {
    rmSync(place, { recursive: true });
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(`oci:${place}:v${index}`, made(`file${index}`))));
    const { manifests } = JSON.parse(readFileSync(`${place}/index.json`, 'utf8')) as {
      manifests: { annotations: Record<string, string> }[];
    };
    expect(new Set(manifests.map(({ annotations }) => Object.values(annotations)[0])).size).toBe(20);
    expect(readdirSync(place).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(readdirSync(`${place}/blobs/sha256`)).toHaveLength(60);
  }, 60_000);
});

describe('a target in a registry', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A registry that has one image, or fails. It takes down what is changed. */
  async function registry(
    image: MadeImage | undefined,
    { status = 404, index = false } = {},
  ): Promise<{ host: string; changed: string[] }> {
    const changed: string[] = [];
    const config = image && configOf(image);
    const layer = image?.layers[0] as Buffer;
    const descriptor = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: sha256(bytes), size: bytes.length });
    const manifest =
      config &&
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: OCI.manifest,
          config: descriptor(OCI.config, config),
          layers: [descriptor(OCI.layer, layer)],
        }),
      );
    const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
    const list =
      manifest && Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor(OCI.manifest, manifest), platform }] }));
    server = createServer((request, response) => {
      const url = request.url ?? '';
      if (request.method !== 'GET' && request.method !== 'HEAD') changed.push(`${request.method} ${url}`);
      const root = index ? list : manifest;
      const bytes = url.includes('/manifests/')
        ? url.endsWith('/1')
          ? root
          : manifest
        : url.endsWith(sha256(config ?? ''))
          ? config
          : undefined;
      response.writeHead(bytes ? 200 : status, { 'content-type': bytes === list ? OCI.index : OCI.manifest }).end(bytes);
    });
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', () => done()));
    return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, changed };
  }

  it.each<[string, MadeImage | undefined, { status?: number; index?: boolean }, RegExp]>([
    ["has another's image", THEIRS, {}, /is an image that pyshrink did not make/],
    ['has an image for several platforms', OURS, { index: true }, /is an image that pyshrink did not make/],
    ['does not say what it has', undefined, { status: 403 }, /can't be read, so it may not be pyshrink's to replace/],
  ])('is not free where it %s', async (_, image, how, message) => {
    const { host, changed } = await registry(image, how);
    await refused(`docker://${host}/app:1`, message);
    expect(changed).toEqual([]);
  });

  it.each<[string, MadeImage | undefined, boolean]>([
    ['our image', OURS, false],
    ['none', undefined, false],
    ["another's image, with --force", THEIRS, true],
  ])('is used where it has %s', async (_, image, force) => {
    const { host, changed } = await registry(image);
    await expect(write(`docker://${host}/app:1`, OURS, force)).rejects.toThrowError(/status 404 to an upload/); // it takes none
    expect(changed[0]).toBe('POST /v2/app/blobs/uploads/');
  });
});

it('makes no folder where nothing is written', async () => {
  mkdirSync(`${place}/full`);
  writeFileSync(`${place}/full/x`, '');
  await expect(write(`rootfs:${place}/full`, OURS, true)).rejects.toThrowError(/is not empty/);
});

describe('--force', () => {
  it('does not add an image to a folder that is no layout, and says so before anything is done', async () => {
    const folder = join(place, 'data');
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine.txt'), 'x');
    await expect(requireLayout(parseImageName(`oci:${folder}`) as FileTarget)).rejects.toMatchObject({
      message: expect.stringMatching(/is no OCI layout: .*[^.]\. It has files, and --force replaces no folders\.$/),
      exitCode: 2,
    });
    expect(readdirSync(folder)).toEqual(['mine.txt']);
  });

  it.each(['oci:new', 'oci:empty', 'oci:layout', 'rootfs:new', 'oci-archive:new.tar'])('may write to %s', async (text) => {
    mkdirSync(join(place, 'empty'));
    ociLayout(join(place, 'layout'), [THEIRS]);
    const [transport, name] = text.split(':') as [string, string];
    await requireLayout(parseImageName(`${transport}:${join(place, name)}`) as FileTarget);
  });
});
