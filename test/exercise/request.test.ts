import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createSocketServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { execaSync } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { withBounds } from '../../src/bounds.js';
import type { Relay } from '../../src/exercise/relay.js';
import { greet, isNotHttp, send } from '../../src/exercise/request.js';
import type { HttpStep } from '../../src/exercise/steps.js';

/** Connects directly: the servers of these tests are in this process. */
const direct: Pick<Relay, 'connect'> = { connect: (target) => (target.length === 1 ? connect(target[0]) : connect(target[1], target[0])) };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
const listen = async (server: Server) => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: '0.0.0.0', port: (server.address() as { port: number }).port };
};
const step = (more: Partial<HttpStep> = {}): HttpStep => ({ kind: 'http', method: 'GET', path: '/', headers: {}, ...more });
const body = (answer: Awaited<ReturnType<typeof send>>) =>
  answer.kind === 'http' ? Buffer.from(answer.body, 'base64').toString() : answer;

describe('send', () => {
  it('sends method, path, headers and body, and reads the whole answer', async () => {
    const listener = await listen(
      createServer(async (incoming, outgoing) => {
        const parts: Buffer[] = [];
        for await (const part of incoming) parts.push(part);
        outgoing.writeHead(201, { 'x-list': ['a', 'b'] });
        outgoing.end([incoming.method, incoming.url, incoming.headers.host, incoming.headers['x-a'], Buffer.concat(parts)].join(' '));
      }),
    );
    const answer = await send(direct, step({ method: 'POST', path: '/p?q', headers: { 'x-a': '1' }, body: 'ü' }), listener, 'http');
    expect(answer).toMatchObject({ kind: 'http', status: 201, headers: { 'x-list': 'a, b' } });
    expect(body(answer)).toBe(`POST /p?q localhost:${listener.port} 1 ü`);
  });

  it('sends a binary body byte for byte', async () => {
    const listener = await listen(
      createServer(async (incoming, outgoing) => {
        const parts: Buffer[] = [];
        for await (const part of incoming) parts.push(part);
        outgoing.end(`${incoming.headers['content-length']} ${Buffer.concat(parts).toString('hex')}`);
      }),
    );
    const bytes = Buffer.from([0, 255, 128, 13, 10]);
    const answer = await send(direct, step({ method: 'POST', bodyBase64: bytes.toString('base64') }), listener, 'http');
    expect(body(answer)).toBe('5 00ff800d0a');
  });

  it('keeps cookies apart', async () => {
    const cookies = ['a=1; Expires=Sat, 28 Nov 2026 14:30:00 GMT; Secure', 'b=2'];
    const listener = await listen(createServer((_, outgoing) => outgoing.writeHead(200, { 'set-cookie': cookies }).end()));
    expect(await send(direct, step(), listener, 'http')).toMatchObject({ headers: { 'set-cookie': cookies.join('\n') } });
  });

  it.each([
    ['with a length', { 'content-length': '2000' }],
    ['in chunks', {}],
  ])('does not read more of an answer than the limit `answer`: %s', async (_, headers) => {
    const listener = await listen(createServer((_, outgoing) => outgoing.writeHead(200, headers).end('x'.repeat(2000))));
    expect(body(await withBounds({ answer: 2000 }, () => send(direct, step(), listener, 'http')))).toHaveLength(2000);
    expect(await withBounds({ answer: 1999 }, () => send(direct, step(), listener, 'http'))).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(/^The app's answer goes over the limit `answer`: 1999 bytes .* --limit answer=SIZE\.$/),
    });
  });

  it('asks a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const server = createServer((incoming, outgoing) => outgoing.end(incoming.headers.host));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
    expect(body(await send(direct, step(), { path: join(folder, 's') }, 'http'))).toBe('localhost');
    rmSync(folder, { recursive: true });
  });

  it('fails with the reason: nothing listens, the answer is not HTTP, or it is cut', async () => {
    const failed = { kind: 'failed', reason: expect.stringMatching(/./) };
    expect(await send(direct, step(), { address: '127.0.0.1', port: 1 }, 'http')).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    const other = await send(direct, step(), await listen(createSocketServer((socket) => socket.end('hello'))), 'http');
    expect([other, isNotHttp(other)]).toEqual([failed, true]);
    const cut = await listen(createSocketServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')));
    expect(await send(direct, step(), cut, 'http')).toEqual(failed);
  });
});

describe.runIf(hasOpenssl())('HTTPS', () => {
  it('is spoken to a server that does not answer HTTP, whatever its certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    execaSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-keyout', key, '-out', cert]);
    const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, outgoing) => outgoing.end('secure'));
    rmSync(folder, { recursive: true });
    const listener = await listen(server);
    expect(isNotHttp(await send(direct, step(), listener, 'http'))).toBe(true);
    expect(body(await send(direct, step(), listener, 'https'))).toBe('secure');
  });
});

function hasOpenssl(): boolean {
  return execaSync('openssl', ['version'], { reject: false }).exitCode === 0;
}

it('isNotHttp recognises the answers of HTTPS servers to plain HTTP', () => {
  const answer = (status: number, text: string) => ({ kind: 'http' as const, status, headers: {}, body: btoa(text) });
  expect(isNotHttp(answer(400, 'Client sent an HTTP request to an HTTPS server.'))).toBe(true);
  expect(isNotHttp(answer(400, 'The plain HTTP request was sent to HTTPS port'))).toBe(true);
  expect(isNotHttp(answer(400, 'bad parameter'))).toBe(false);
  expect(isNotHttp(answer(200, 'an HTTPS server'))).toBe(false);
});

describe('greet', () => {
  it.each([
    ['a server that speaks first', (socket: Duplex) => socket.write('220 ready'), '220 ready'],
    ['a server that waits', () => {}, ''],
    ['a server that closes at once', (socket: Duplex) => socket.end('bye'), 'bye'],
  ])('%s', async (_, serve, banner) => {
    const listener = await listen(createSocketServer(serve));
    expect(await greet(direct, listener)).toEqual({ kind: 'tcp', banner: btoa(banner) });
  });

  it('fails where nothing listens', async () => {
    expect(await greet(direct, { address: '127.0.0.1', port: 1 })).toMatchObject({ kind: 'failed' });
  });

  it('reads no more than the limit `answer`', async () => {
    const listener = await listen(createSocketServer((socket) => socket.end('x'.repeat(20))));
    expect(await withBounds({ answer: 19 }, () => greet(direct, listener))).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('goes over the limit `answer`: 19 bytes'),
    });
  });
});
