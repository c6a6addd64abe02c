import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/images/digest.js';
import { applyLayers } from '../../../src/images/layers/apply.js';
import { requireAttributes } from '../../../src/images/layers/attributes.js';
import { parseImageName } from '../../../src/images/name.js';
import type { ImageSource } from '../../../src/images/source.js';
import { type LayeredName, openSource } from '../../../src/images/transports/open.js';
import { type FileTarget, requireWritable, writeImage } from '../../../src/images/transports/write.js';
import { configOf, dockerArchive, layerTar, type MadeImage } from '../../support/image.js';
import { describeWithPython } from '../../support/probes.js';

/** What marks an image of pyshrink. */
const Labels = { 'io.pyshrink.original.id': 'sha256:0' };
const layers = [layerTar([{ path: '/a', content: 'x'.repeat(400_000) }]), layerTar([{ path: '/b', content: 'two' }])];
const image: MadeImage = { layers: [layers[0] as Buffer, layers[1] as Buffer, layers[0] as Buffer], config: { Cmd: ['/b'], Labels } };
const id = sha256(configOf(image));

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
}

function spooler(): () => Promise<string> {
  const place = folder();
  let count = 0;
  return async () => join(place, String(count++));
}

/** Opens an image that is stored in a docker-archive, with its layers as they are or compressed. */
async function sourceOf(made: MadeImage, compress?: (tar: Buffer) => Buffer): Promise<ImageSource> {
  const path = join(folder(), 'image.tar');
  writeFileSync(path, dockerArchive([{ ...made, tags: [], ...(compress && { compress: made.layers.map(() => compress) }) }]));
  return openSource(path, { text: path, transport: 'docker-archive', path }, undefined, spooler());
}

async function write(text: string, made = image, compress?: (tar: Buffer) => Buffer): Promise<void> {
  const source = await sourceOf(made, compress);
  try {
    await writeImage(source, parseImageName(text) as FileTarget, 'app:label', spooler());
  } finally {
    await source.close();
  }
}

/** Reads an image, checks all digests, and returns its id and the paths of its files. */
async function read(text: string): Promise<{ id: string; paths: string[] }> {
  const source = await openSource(text, parseImageName(text) as LayeredName, undefined, spooler());
  try {
    const { entries } = await applyLayers(source, { make: () => undefined, link: () => {}, update: () => {}, remove: () => {} });
    return { id: sha256(source.configBytes), paths: [...entries.keys()].sort() };
  } finally {
    await source.close();
  }
}

describe('writeImage', () => {
  it.each<[string, (place: string) => string, (place: string) => string]>([
    ['docker-archive:', (place) => `docker-archive:${place}/a.tar`, (place) => `docker-archive:${place}/a.tar:app:label`],
    ['docker-archive: with a name', (place) => `docker-archive:${place}/a.tar:x:1`, (place) => `docker-archive:${place}/a.tar:x:1`],
    ['oci-archive:', (place) => `oci-archive:${place}/a.tar`, (place) => `oci-archive:${place}/a.tar`],
    ['oci-archive: with a name', (place) => `oci-archive:${place}/a.tar:x`, (place) => `oci-archive:${place}/a.tar:x`],
    ['oci:', (place) => `oci:${place}/layout`, (place) => `oci:${place}/layout`],
    ['oci: with a name', (place) => `oci:${place}/layout:x`, (place) => `oci:${place}/layout:x`],
  ])('%s gives the same image back', async (_, target, again) => {
    const place = folder();
    for (const compress of [undefined, gzipSync]) {
      await write(target(place), image, compress);
      expect(await read(again(place))).toEqual({ id, paths: ['/', '/a', '/b'] });
      expect(readdirSync(place)).toHaveLength(1);
    }
  });

  it.each(['docker-archive', 'oci-archive'])('%s: gives the same bytes for the same image', async (transport) => {
    const place = folder();
    await write(`${transport}:${place}/one.tar`);
    await write(`${transport}:${place}/two.tar`, image, gzipSync);
    expect(readFileSync(`${place}/one.tar`).equals(readFileSync(`${place}/two.tar`))).toBe(true);
  });

  it('rootfs: unpacks the image into a new or an empty directory', async () => {
    const place = folder();
    mkdirSync(`${place}/empty`);
    for (const name of ['new', 'empty']) {
      await write(`rootfs:${place}/${name}`);
      expect(readdirSync(`${place}/${name}`).sort()).toEqual(['a', 'b']);
    }
  });

  describeWithPython('rootfs: and extended attributes', () => {
    const attributesOf = (path: string) =>
      execFileSync('python3', [
        '-c',
        'import os, sys; print({n: os.getxattr(sys.argv[1], n).hex() for n in os.listxattr(sys.argv[1])})',
        path,
      ])
        .toString()
        .trim();
    const withAttributes = (xattrs: Record<string, string>): MadeImage => ({ layers: [layerTar([{ path: '/a', content: 'x', xattrs }])] });

    it('are those of the image', async () => {
      const place = mkdtempSync('/var/tmp/pyshrink-test-'); // other than /tmp, it always has extended attributes
      try {
        await write(`rootfs:${place}/root`, withAttributes({ 'user.note': '0001ff' }));
        expect(attributesOf(`${place}/root/a`)).toBe("{'user.note': '0001ff'}");
      } finally {
        rmSync(place, { recursive: true });
      }
    });

    it('that can not be set leave nothing behind', async () => {
      const place = folder();
      await expect(write(`rootfs:${place}/root`, withAttributes({ 'nonsense.note': '00' }))).rejects.toMatchObject({
        message: expect.stringMatching(/extended attributes of the image's files can't be set in .*root: nonsense\.note: /),
        remedy: expect.stringContaining('oci:DIR'),
      });
      expect(readdirSync(place)).toEqual([]);
      await expect(requireAttributes(`${place}/root`, [{ path: '/a', type: 'f', xattrs: { 'nonsense.note': '00' } }])).rejects.toThrowError(
        /can't be set/,
      );
      await requireAttributes(`${place}/root`, [{ path: '/a', type: 'f' }]);
      expect(readdirSync(place)).toEqual([]);
    });
  });

  const other: MadeImage = { layers: [layerTar([{ path: '/other', content: '' }])], config: { Labels } };

  it('oci: adds an image beside others, and replaces one of the same name with its blobs', async () => {
    const place = `${folder()}/layout`;
    const blobs = () => readdirSync(`${place}/blobs/sha256`).length;
    await write(`oci:${place}:one`);
    expect(blobs()).toBe(4); // two layers, the configuration and the manifest
    await write(`oci:${place}:two`, other);
    expect([(await read(`oci:${place}:one`)).id, (await read(`oci:${place}:two`)).paths]).toEqual([id, ['/', '/other']]);
    expect(blobs()).toBe(7);
    rmSync(place, { recursive: true });
    await write(`oci:${place}:one`);
    await write(`oci:${place}:one`, other);
    expect((await read(`oci:${place}`)).paths).toEqual(['/', '/other']);
    expect(blobs()).toBe(3);
  });

  it('leaves nothing behind when the image is damaged, and keeps what was there', async () => {
    const place = folder();
    const path = join(folder(), 'damaged.tar');
    const bytes = dockerArchive([{ ...image, tags: [] }]);
    bytes[bytes.indexOf('two')] = 0x54;
    writeFileSync(path, bytes);
    writeFileSync(`${place}/old.tar`, 'old');
    for (const target of ['oci:layout', 'oci-archive:a.tar', 'docker-archive:old.tar', 'rootfs:root'].map((text) =>
      text.replace(':', `:${place}/`),
    )) {
      const source = await openSource(path, { text: path, transport: 'docker-archive', path }, undefined, spooler());
      await expect(writeImage(source, parseImageName(target) as FileTarget, 'x', spooler(), true)).rejects.toThrowError(/is damaged/);
      await source.close();
    }
    expect(readdirSync(place)).toEqual(['old.tar']);
    expect(readFileSync(`${place}/old.tar`, 'utf8')).toBe('old');
  });

  it('lets two runs write to one folder at the same time', async () => {
    const place = folder();
    const targets = [`oci-archive:${place}/a.tar`, `oci:${place}/layout`, `docker-archive:${place}/c.tar`];
    await write(`oci:${place}/layout`);
    await Promise.all([...targets, ...targets].map((target) => write(target)));
    for (const target of targets) expect((await read(target)).id).toBe(id);
    expect(readdirSync(place).sort()).toEqual(['a.tar', 'c.tar', 'layout']);
    expect(readdirSync(`${place}/layout/blobs/sha256`)).toHaveLength(4);
  });

  it('says that another run was faster', async () => {
    const place = folder();
    const [one, two] = await Promise.allSettled([write(`rootfs:${place}/root`), write(`rootfs:${place}/root`)]);
    const failed = [one, two].filter((result) => result.status === 'rejected');
    // The slower one notices it before it begins, or when it has finished.
    const message = expect.stringMatching(/Another run has written .*\/root in the meantime\.|\/root is not empty\./);
    expect(failed).toMatchObject([{ reason: { name: 'UserError', message } }]);
    expect(readdirSync(place)).toEqual(['root']);
  });
});

describe('requireWritable', () => {
  const check = (text: string) => requireWritable(parseImageName(text) as FileTarget);
  const transports = ['oci', 'oci-archive', 'docker-archive', 'rootfs'];

  it.each(transports)('%s: refuses a folder that does not exist, and does not make it', async (transport) => {
    const place = folder();
    for (const attempt of [check(`${transport}:${place}/nope/x`), write(`${transport}:${place}/nope/x`)])
      await expect(attempt).rejects.toMatchObject({
        message: `The folder ${place}/nope does not exist.`,
        remedy: 'Make it, or check the path in --output.',
        exitCode: 2,
      });
    expect(existsSync(`${place}/nope`)).toBe(false);
  });

  it.each(transports)('%s: refuses a file in place of the folder', async (transport) => {
    const place = folder();
    writeFileSync(`${place}/file`, '');
    await expect(check(`${transport}:${place}/file/x`)).rejects.toThrowError(`${place}/file is not a folder.`);
  });

  it.each(transports)('%s: accepts a new name, and leaves the folder as it is', async (transport) => {
    const place = folder();
    await check(`${transport}:${place}/x`);
    expect(readdirSync(place)).toEqual([]);
  });

  // Nobody can make a folder in /sys; root can in a read-only folder.
  it.each(transports)('%s: refuses a folder where nothing can be made', async (transport) => {
    await expect(check(`${transport}:/sys/x`)).rejects.toMatchObject({
      message: expect.stringMatching(/^\/sys\/x can't be written: /),
      remedy: 'Choose another place with --output.',
    });
  });

  it('refuses a target of another kind', async () => {
    const place = folder();
    mkdirSync(`${place}/full/x`, { recursive: true });
    writeFileSync(`${place}/file`, '');
    await expect(check(`docker-archive:${place}/full`)).rejects.toThrowError(/full exists and is not a file/);
    await expect(check('docker-archive:/dev/null')).rejects.toThrowError('/dev/null exists and is not a file.');
    await expect(check(`oci:${place}/file`)).rejects.toThrowError(/file exists and is not a directory/);
    await expect(check(`rootfs:${place}/file`)).rejects.toThrowError(/file exists and is not a directory/);
    await expect(check(`rootfs:${place}/full`)).rejects.toThrowError(/full is not empty/);
  });

  it('accepts a file, a layout and an empty directory that exist', async () => {
    const place = folder();
    mkdirSync(`${place}/layout/blobs`, { recursive: true });
    mkdirSync(`${place}/empty`);
    writeFileSync(`${place}/file`, '');
    for (const text of [`oci-archive:${place}/file`, `docker-archive:${place}/file`, `oci:${place}/layout`, `rootfs:${place}/empty`])
      await check(text);
  });

  it('refuses a name without a registry', async () => {
    await expect(check('docker://team/app')).rejects.toMatchObject({ exitCode: 2 });
    await check('docker://localhost:5000/team/app');
  });
});

describe('a registry', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A registry in memory, as the OCI Distribution Specification describes it. */
  async function registry(): Promise<{ host: string; pushed: string[]; fault: { left: number; status: number } }> {
    /** After so many requests, one is broken off, or gets this status. */
    const fault = { left: Number.POSITIVE_INFINITY, status: 0 };
    const stored = new Map<string, { type: string; bytes: Buffer }>();
    const uploads = new Map<string, Buffer>();
    const pushed: string[] = [];
    const bodyOf = async (request: IncomingMessage) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      return Buffer.concat(parts);
    };
    server = createServer(async (request, response) => {
      if (fault.left-- === 0) {
        if (fault.status === 0) request.destroy();
        else response.writeHead(fault.status).end();
        return;
      }
      const url = new URL(request.url ?? '', 'http://x');
      const path = url.pathname.replace('/v2/team/app/', '');
      const body = await bodyOf(request);
      const found = stored.get(path);
      if (request.method === 'POST') {
        uploads.set(`up${uploads.size}`, Buffer.alloc(0));
        response.writeHead(202, { location: `/v2/team/app/up${uploads.size - 1}` }).end();
      } else if (request.method === 'PATCH') {
        uploads.set(path, body);
        response.writeHead(202, { location: `/v2/team/app/${path}?state=1` }).end();
      } else if (request.method === 'PUT' && uploads.has(path)) {
        const digest = url.searchParams.get('digest') ?? '';
        const bytes = uploads.get(path) as Buffer;
        const fits = sha256(bytes) === digest && url.searchParams.get('state') === '1';
        if (fits) stored.set(`blobs/${digest}`, { type: 'application/octet-stream', bytes });
        pushed.push(digest);
        response.writeHead(fits ? 201 : 400).end();
      } else if (request.method === 'PUT') {
        for (const name of [path, `manifests/${sha256(body)}`])
          stored.set(name, { type: request.headers['content-type'] ?? '', bytes: body });
        response.writeHead(201).end();
      } else if (found) response.writeHead(200, { 'content-type': found.type }).end(request.method === 'HEAD' ? undefined : found.bytes);
      else response.writeHead(404).end(JSON.stringify({ errors: [{ message: 'unknown' }] }));
    });
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', () => done()));
    return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, pushed, fault };
  }

  it('gets an image, each blob once, and gives it back', async () => {
    const { host, pushed } = await registry();
    await write(`docker://${host}/team/app:1`);
    expect(new Set(pushed).size).toBe(3);
    expect(pushed).toHaveLength(3);
    await write(`docker://${host}/team/app:2`);
    expect(pushed).toHaveLength(3);
    expect(await read(`docker://${host}/team/app:2`)).toEqual({ id, paths: ['/', '/a', '/b'] });
    await expect(read(`docker://${host}/team/app:3`)).rejects.toThrowError(/the registry has no image team\/app:3/);
  });

  it.each([0, 500])('has the old image or the new one after a fault in any request: status %d', async (status) => {
    const { host, fault } = await registry();
    const name = `docker://${host}/team/app:1`;
    const [old, other] = ['old', 'new'].map(
      (content): MadeImage => ({ layers: [layerTar([{ path: '/a', content }])], config: { Labels } }),
    );
    await write(name, old as MadeImage);
    const most = 1000;
    fault.left = most;
    await write(name, other as MadeImage);
    const requests = most - fault.left;
    expect(requests).toBeGreaterThan(5);
    const ids = [old, other].map((made) => sha256(configOf(made as MadeImage)));
    for (let at = 0; at < requests; at++) {
      fault.left = Number.POSITIVE_INFINITY;
      await write(name, old as MadeImage);
      // The layers of both are there by now: a new one for each round.
      const next: MadeImage = { layers: [layerTar([{ path: '/a', content: `new ${at}` }])], config: { Labels } };
      Object.assign(fault, { left: at, status });
      const failed = await write(name, next).then(
        () => false,
        () => true,
      );
      fault.left = Number.POSITIVE_INFINITY;
      const { id: found } = await read(name);
      expect([at, found]).toEqual([at, failed ? ids[0] : sha256(configOf(next))]);
      await write(name, next);
      expect(await read(name)).toMatchObject({ id: sha256(configOf(next)) });
    }
  });

  it('is named when it does not answer', async () => {
    const { host } = await registry();
    await new Promise<void>((done) => server?.close(() => done()));
    await expect(read(`docker://${host}/team/app:1`)).rejects.toThrowError(`The registry http://${host} does not answer: ECONNREFUSED.`);
  });
});
