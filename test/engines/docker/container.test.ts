import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { afterEach, describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../src/engines/docker/client.js';
import { DockerContainer } from '../../../src/engines/docker/container.js';

/** Answers of a daemon: status and body. */
type Answer = (request: { method: string; url: string }) => [status: number, body: object];

const open = new Set<Socket>();
let server: Server | undefined;

/** The container `c` of a daemon that gives these answers. */
async function containerOf(answer: Answer): Promise<DockerContainer> {
  const listener: RequestListener = (request, response) => {
    const [status, body] = answer({ method: request.method ?? '', url: request.url ?? '' });
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  server = createServer(listener);
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => open.add(socket.on('close', () => open.delete(socket))));
  const socketPath = join(mkdtempSync(join(tmpdir(), 'pyshrink-daemon-')), 'socket');
  server.listen(socketPath);
  await once(server, 'listening');
  const docker = new Dockerode({ socketPath, version: API_VERSION });
  return new DockerContainer(
    docker.getContainer('c'),
    { input: false, tty: false },
    (command) => [...command],
    async () => '',
  );
}

afterEach(() => server?.close());

it('an exec that the daemon refuses closes its connection, which would keep this process from ending', async () => {
  // The container ends between the exec's making and its start.
  const container = await containerOf(({ url }) =>
    url.endsWith('/exec') ? [201, { Id: 'e' }] : [500, { message: 'Container c is not running' }],
  );
  await expect(container.exec(['true'])).rejects.toThrow('Container c is not running');
  for (const socket of open) await once(socket, 'close');
});

describe('a request that fails with 500', () => {
  const failing =
    (inspected: ReturnType<Answer>): Answer =>
    ({ method }) =>
      method === 'PUT' ? [500, { message: 'Error after fallback to chroot: no such file or directory' }] : inspected;

  it.each<[string, ReturnType<Answer>]>([
    ['removed', [404, { message: 'No such container: c' }]],
    ['being removed', [200, { Id: 'c', State: { Status: 'removing' } }]],
  ])('says that the container is gone, where it is %s', async (_, inspected) => {
    const container = await containerOf(failing(inspected));
    await expect(container.putArchive('/', Buffer.alloc(1024))).rejects.toThrow('The container is gone');
  });

  it("is the daemon's failure, where the container is there", async () => {
    const container = await containerOf(failing([200, { Id: 'c', State: { Status: 'running' } }]));
    await expect(container.putArchive('/', Buffer.alloc(1024))).rejects.toThrow('could not write to / of a container');
  });
});
