import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../../src/images/digest.js';
import { plainBytes } from '../../../../src/images/layers/apply.js';
import { OCI } from '../../../../src/images/mediatypes.js';
import { parseReference } from '../../../../src/images/reference.js';
import { RegistryClient, repositoryOf } from '../../../../src/images/transports/registry/client.js';
import { redirectOf } from '../../../../src/images/transports/registry/redirects.js';
import { openRegistryImage } from '../../../../src/images/transports/registry/source.js';
import { configOf, layerTar } from '../../../support/image.js';

const SECRET = 'ada:secret';
const BASIC = `Basic ${Buffer.from(SECRET).toString('base64')}`;

let servers: Server[] = [];
const before = process.env.DOCKER_CONFIG;
beforeEach(() => {
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  if (before === undefined) delete process.env.DOCKER_CONFIG;
  else process.env.DOCKER_CONFIG = before;
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that takes down every credential that it gets, and asks for more. */
async function thief(challenge: (host: string) => string): Promise<{ host: string; got: string[] }> {
  const got: string[] = [];
  const host = await serve((request, response) => {
    if (request.headers.authorization) got.push(request.headers.authorization);
    request.on('data', (data: Buffer) => got.push(data.toString()));
    request.on('end', () => response.writeHead(401, { 'www-authenticate': challenge(host) }).end(JSON.stringify({ token: 'x' })));
  });
  return { host, got };
}

function logIn(host: string, more: object = {}): void {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
  const auth = { auth: Buffer.from(SECRET).toString('base64'), ...more };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: auth } }));
  process.env.DOCKER_CONFIG = folder;
}

const clientOf = (host: string) => new RegistryClient(repositoryOf(parseReference(`${host}/app:1`)), 'pull,push');

describe('credentials of a registry', () => {
  it.each([
    ['Basic', () => 'Basic realm="x"'],
    ['Bearer', (host: string) => `Bearer realm="http://${host}/token",service="x"`],
  ])('do not go to a server that a redirect leads to and that asks for %s', async (_, challenge) => {
    const second = await thief(challenge);
    const host = await serve((request, response) => {
      if (request.headers.authorization === BASIC) response.writeHead(307, { location: `http://${second.host}/blob` }).end();
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    logIn(host);
    expect((await clientOf(host).fetch('blobs/x')).status).toBe(401);
    expect(second.got).toEqual([]);
  });

  it('do not go to a server that is named as the place of an upload', async () => {
    const second = await thief((host) => `Bearer realm="http://${host}/token"`);
    const host = await serve((_, response) => response.end());
    logIn(host);
    const answer = await clientOf(host).fetch(`http://${second.host}/upload`, { method: 'PUT' }, () => 'layer');
    expect([answer.status, second.got]).toEqual([401, ['layer']]);
  });

  it.each([{}, { identitytoken: 'refresh' }])('do not follow a redirect of the token server: %j', async (more) => {
    const second = await thief(() => 'Basic realm="x"');
    const host = await serve((request, response) => {
      if (request.url?.startsWith('/token')) response.writeHead(307, { location: `http://${second.host}/token` }).end();
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end();
    });
    logIn(host, more);
    await expect(clientOf(host).fetch('manifests/1')).rejects.toThrowError(/does not answer/);
    expect(second.got).toEqual([]);
  });

  it('are not sent to a token server without TLS', async () => {
    const host = await serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://tokens.example/token"' }).end(),
    );
    logIn(host);
    await expect(clientOf(host).fetch('manifests/1')).rejects.toThrowError(
      /send credentials to http:\/\/tokens\.example\/token, which is not encrypted/,
    );
  });
});

describe('redirects', () => {
  const answer = (location: string, status = 307) => new Response(null, { status, headers: { location } });
  const from = new URL('https://r.example/v2/app/blobs/x');
  const base = 'https://r.example';

  it('are followed for downloads, and for uploads where they ask for the same request', () => {
    expect(redirectOf(answer('/y'), from, 'GET', { base, hops: 0 })?.href).toBe('https://r.example/y');
    expect(redirectOf(answer('/y', 302), from, 'GET', { base, hops: 0 })?.href).toBe('https://r.example/y');
    expect(redirectOf(answer('/y', 302), from, 'PUT', { base, hops: 0 })).toBeUndefined();
    expect(redirectOf(answer('/y', 200), from, 'GET', { base, hops: 0 })).toBeUndefined();
  });

  it('do not leave TLS, and end', () => {
    expect(() => redirectOf(answer('http://127.0.0.1/'), from, 'GET', { base, hops: 0 })).toThrowError(/not encrypted/);
    expect(() => redirectOf(answer('file:///etc/passwd'), from, 'GET', { base, hops: 0 })).toThrowError(/not encrypted/);
    expect(() => redirectOf(answer('/y'), from, 'GET', { base, hops: 5 })).toThrowError(/without end/);
  });
});

/** A registry with one image, whose answers a test changes. */
async function registry(change: (path: string, bytes: Buffer) => Buffer | 'endless' = (_, bytes) => bytes): Promise<string> {
  const tar = layerTar([{ path: '/a', content: 'x'.repeat(1000) }]);
  const layer = gzipSync(tar);
  const config = configOf({ layers: [tar] });
  const descriptor = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: sha256(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI.manifest,
      config: descriptor(OCI.config, config),
      layers: [descriptor(OCI.gzipLayer, layer)],
    }),
  );
  const blobs = new Map([config, layer].map((bytes) => [sha256(bytes), bytes]));
  return serve((request, response) => {
    const url = request.url ?? '';
    const found = url.includes('/manifests/') ? manifest : blobs.get(url.slice(url.lastIndexOf('/') + 1));
    const content = found ? change(url.includes('/manifests/') ? 'manifest' : found === layer ? 'layer' : 'config', found) : undefined;
    response.writeHead(content ? 200 : 404, { 'content-type': OCI.manifest });
    if (content !== 'endless') {
      response.end(content);
      return;
    }
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 16))) {}
    };
    response.on('drain', more).write(found);
    more();
  });
}

async function readAll(host: string): Promise<number> {
  const source = await openRegistryImage('app', parseReference(`${host}/app:1`), undefined);
  let length = 0;
  for (const layer of source.layers) for await (const part of plainBytes(layer, 'The layer')) length += part.length;
  return length;
}

describe('answers of a registry', () => {
  it('are read', async () => {
    expect(await readAll(await registry())).toBeGreaterThan(1000);
  });

  it('end where they are endless', async () => {
    const endless = (which: string) => registry((path, bytes) => (path === which ? 'endless' : bytes));
    await expect(readAll(await endless('manifest'))).rejects.toThrowError(/manifest of app has more than 4194304 bytes/);
    await expect(readAll(await endless('config'))).rejects.toThrowError(/has more bytes than the \d+ that its descriptor names/);
    await expect(readAll(await endless('layer'))).rejects.toThrowError(/has more bytes than the \d+ that its descriptor names/);
  });

  it('are refused where they are short', async () => {
    const short = await registry((path, bytes) => (path === 'layer' ? bytes.subarray(0, 20) : bytes));
    await expect(readAll(short)).rejects.toThrowError(/is cut off after 20 of \d+ bytes/);
  });

  it('are refused where a description has a size that no description has', async () => {
    const host = await registry((path, bytes) =>
      path === 'manifest' ? Buffer.from(bytes.toString().replace(/("config":\{[^}]*"size":)\d+/, '$199999999999')) : bytes,
    );
    await expect(readAll(host)).rejects.toThrowError(/too large for a description of an image: 99999999999 bytes/);
  });
});
