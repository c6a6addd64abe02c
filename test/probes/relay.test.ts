import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { createServer as createSocketServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Relay } from '../../src/exercise/relay.js';
import { codeWithProbes, describeWithPython, PYTHONS, probe } from '../support/probes.js';

describeWithPython('the relay', () => {
  let server: Server;
  let port: number;
  let relay: Relay;
  let pid: number;
  beforeEach(async () => {
    server = createServer((incoming, outgoing) => {
      const hash: Buffer[] = [];
      incoming.on('data', (part) => hash.push(part));
      incoming.on('end', () => outgoing.end(Buffer.concat([Buffer.from(`${incoming.method} ${incoming.url} `), ...hash])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
    const run = execa(PYTHONS[0] as string, probe('relay'), { stdin: 'pipe', buffer: false, reject: false });
    pid = run.pid as number;
    relay = new Relay(run.stdin, run.stdout);
  });
  afterEach(() => {
    relay.close();
    server.close();
  });

  // No root may look at the process, so the code gives its rights up.
  const HIDDEN = `
import ctypes, os
from pyshrink_probes import relay
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
start, end = os.pipe()
child = os.fork()
if child == 0:
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    os.write(end, b"x")
    __import__("time").sleep(60)
os.read(start, 1)
print([port for _, port in relay.listening(child)])
os.kill(child, 9)
`;

  it.each([
    ['supervisor', false],
    ['app', true],
  ])('a process that lets nobody read it lets all listeners count, but not the supervisor: %s', async (name, counts) => {
    const { stdout } = await execa(PYTHONS[0] as string, [...codeWithProbes(HIDDEN), '/x/pyshrink_probes/start.py', name]);
    expect((JSON.parse(stdout) as number[]).includes(port)).toBe(counts);
  });

  it('lists Unix sockets that listen, by their path', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'a socket');
    const listening = createSocketServer();
    await new Promise<void>((resolve) => listening.listen(path, resolve));
    expect(await relay.listeners()).toEqual(expect.arrayContaining([{ path }]));
    listening.close();
  });

  it('keeps a request open until it is answered: servers would think that the client is gone', async () => {
    const early: boolean[] = [];
    server.removeAllListeners('request');
    server.on('request', (incoming, outgoing) => {
      let ended = false;
      incoming.socket.on('end', () => {
        ended = true;
      });
      incoming.resume();
      setTimeout(() => {
        early.push(ended);
        outgoing.end('answered');
      }, 100);
    });
    expect((await ask('/', Buffer.from('body'))).toString()).toBe('answered');
    expect((await ask('/', Buffer.alloc(0))).toString()).toBe('answered');
    expect(early).toEqual([false, false]);
  });

  const ask = (path: string, body: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      const sent = request(
        {
          method: 'POST',
          path,
          createConnection: () => relay.connect(['127.0.0.1', port]),
          headers: { 'content-length': body.length, connection: 'close' },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part) => parts.push(part));
          answer.on('end', () => resolve(Buffer.concat(parts)));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  // A thread of the kernel is to others what a process is that ends: it has no memory, and only root may list its descriptors.
  it.skipIf(!existsSync('/proc/2/comm') || readFileSync('/proc/2/comm', 'utf8') !== 'kthreadd\n')(
    'takes a process that ends for one without sockets, not for one that hides them',
    async () => {
      const code =
        'import os\nfrom pyshrink_probes import relay\nif os.getuid() == 0: os.setuid(65534)\n' +
        'print([relay.sockets_of(pid) for pid in ("2", "1", str(os.getpid()))])';
      expect((await execa(PYTHONS[0] as string, codeWithProbes(code))).stdout).toMatch(/^\[set\(\), None, {'\d+'/);
    },
  );

  it('lists TCP sockets that listen', async () => {
    expect(await relay.listeners()).toContainEqual({ address: '127.0.0.1', port });
  });

  it('carries several large requests at once without changing a byte', async () => {
    const bodies = [1, 70_000, 1_500_000].map((size, index) => Buffer.alloc(size, index + 1));
    const answers = await Promise.all(bodies.map((body, index) => ask(`/${index}`, body)));
    for (const [index, answer] of answers.entries()) {
      expect(answer.equals(Buffer.concat([Buffer.from(`POST /${index} `), bodies[index] as Buffer]))).toBe(true);
    }
  });

  it('reaches a unix socket', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'sock');
    const echo = createSocketServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(path, resolve));
    const connection = relay.connect([path]);
    connection.end('hello');
    const parts: Buffer[] = [];
    for await (const part of connection) parts.push(part as Buffer);
    expect(Buffer.concat(parts).toString()).toBe('hello');
    echo.close();
  });

  it('delivers the answer of a server that closes before it has read the request', async () => {
    const hasty = createSocketServer({ pauseOnConnect: true });
    const accepted = new Promise<Socket>((resolve) => hasty.on('connection', resolve));
    await new Promise<void>((resolve) => hasty.listen(0, '127.0.0.1', resolve));
    const connection = relay.connect(['127.0.0.1', (hasty.address() as { port: number }).port]);
    connection.write('never read');
    const socket = await accepted;
    await relay.listeners(); // answered after everything that was sent before
    process.kill(pid, 'SIGSTOP');
    // Unread bytes turn the close into a reset. The relay finds it, and more data to send, when it continues.
    await new Promise((resolve) => socket.write('no', resolve));
    await new Promise((resolve) => socket.on('close', resolve).destroy());
    connection.write('more');
    process.kill(pid, 'SIGCONT');
    const parts: Buffer[] = [];
    connection.on('data', (part: Buffer) => parts.push(part));
    await new Promise((resolve) => connection.on('close', resolve).on('end', resolve));
    expect(Buffer.concat(parts).toString()).toBe('no');
    connection.destroy();
    hasty.close();
  });

  it('gives the reason of a refused connection', async () => {
    const connection = relay.connect(['127.0.0.1', 1]);
    await expect(new Promise((_, reject) => connection.on('error', reject))).rejects.toThrow(/refused/i);
  });
});
