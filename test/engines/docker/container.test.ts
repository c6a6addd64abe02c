import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../src/engines/docker/client.js';
import { DockerContainer } from '../../../src/engines/docker/container.js';

/** A daemon whose container ends between an exec's making and its start. */
describe('an exec that the daemon refuses', () => {
  let server: Server;
  let container: DockerContainer;
  const open = new Set<Socket>();

  beforeEach(async () => {
    server = createServer((request, response) => {
      const made = request.url?.endsWith('/exec');
      response.writeHead(made ? 201 : 500, { 'content-type': 'application/json' });
      response.end(made ? '{"Id": "e"}' : '{"message": "Container c is not running"}');
    });
    server.keepAliveTimeout = 0;
    server.on('connection', (socket) => open.add(socket.on('close', () => open.delete(socket))));
    const socketPath = join(mkdtempSync(join(tmpdir(), 'pyshrink-daemon-')), 'socket');
    server.listen(socketPath);
    await once(server, 'listening');
    const docker = new Dockerode({ socketPath, version: API_VERSION });
    container = new DockerContainer(docker.getContainer('c'), { input: false, tty: false }, async () => '');
  });
  afterEach(() => server.close());

  it('closes its connection, which would keep this process from ending', async () => {
    await expect(container.exec(['true'])).rejects.toThrow('Container c is not running');
    for (const socket of open) await once(socket, 'close');
  });
});
