import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import Dockerode from 'dockerode';
import { API_VERSION } from '../../src/engines/docker/client.js';

/** A request that the daemon received. */
export interface Asked {
  /** e.g. `POST /containers/create` */
  what: string;
  query: URLSearchParams;
  body: Buffer;
}

/** An answer: a status and a JSON body, or bytes. */
export type Answer = [status: number, body?: unknown];

/** Handles a normal request (Route), or a connection that is upgraded to a raw stream (Takeover). */
type Route = (asked: Asked) => Answer | Promise<Answer>;
type Takeover = (socket: Socket) => void;

/**
 * A server on a Unix socket that implements the part of the Docker Engine API that a test needs. Dockerode uses it like a
 * real daemon. A request without a route gets status 404, as the real daemon answers for unknown objects.
 */
export class FakeDaemon {
  readonly asked: Asked[] = [];
  /** Routes by method and path; `*` matches one part of the path. The newest route comes first, so that a test can override one. */
  private readonly routes: [pattern: RegExp, route: Route][] = [];
  private readonly takeovers: [pattern: RegExp, takeover: Takeover | Answer][] = [];
  private readonly server = createServer();
  readonly socketPath = join(mkdtempSync(join(tmpdir(), 'pyshrink-daemon-')), 'socket');
  readonly docker = new Dockerode({ socketPath: this.socketPath, version: API_VERSION });

  async listen(): Promise<this> {
    this.server.on('request', async (request, response) => {
      const asked = await this.record(request);
      const route = this.routes.find(([pattern]) => pattern.test(asked.what))?.[1];
      const [status, body] = (await route?.(asked)) ?? [404, { message: `No such thing: ${asked.what}` }];
      const bytes = Buffer.isBuffer(body);
      response.writeHead(status, { 'content-type': bytes ? 'application/octet-stream' : 'application/json' });
      response.end(bytes ? body : body === undefined ? '' : `${JSON.stringify(body)}\r\n`);
    });
    this.server.on('upgrade', async (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const what = pathOf(request);
      socket.on('error', () => {});
      if (head.length > 0) socket.unshift(head);
      // As with Podman, only the options of an exec are read as a body. What follows the head of another request is input.
      const length = /\/exec\/[^/]+\/start$/.test(what) ? Number(request.headers['content-length'] ?? 0) : 0;
      const body = length > 0 ? await bytesOf(socket, length) : Buffer.alloc(0);
      this.asked.push({ what, query: new URLSearchParams(request.url?.split('?')[1]), body });
      const takeover = this.takeovers.find(([pattern]) => pattern.test(what))?.[1];
      if (Array.isArray(takeover)) {
        const [status, message] = takeover;
        socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${JSON.stringify(message)}`);
        return;
      }
      socket.write(
        'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
      );
      takeover?.(socket);
    });
    this.server.listen(this.socketPath);
    await once(this.server, 'listening');
    return this;
  }

  on(what: string, route: Route | Answer): this {
    this.routes.unshift([patternOf(what), Array.isArray(route) ? () => route : route]);
    return this;
  }

  /** @param takeover what happens on the connection, or the answer that refuses it */
  onTakeover(what: string, takeover: Takeover | Answer): this {
    this.takeovers.unshift([patternOf(what), takeover]);
    return this;
  }

  /** Requests so far that match, in the order of their arrival. */
  requests(what: string): Asked[] {
    return this.asked.filter((asked) => patternOf(what).test(asked.what));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async record(request: IncomingMessage): Promise<Asked> {
    const body = await buffer(request);
    const asked = { what: pathOf(request), query: new URLSearchParams(request.url?.split('?')[1]), body };
    this.asked.push(asked);
    return asked;
  }
}

/** The next bytes of a connection. */
async function bytesOf(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
  }
}

/** Method and path, without the API version. */
function pathOf({ method, url = '' }: IncomingMessage): string {
  return `${method} ${decodeURIComponent(url.split('?')[0] as string).replace(`/${API_VERSION}`, '')}`;
}

function patternOf(what: string): RegExp {
  return new RegExp(`^${what.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+')}$`);
}

/** Encodes one frame of a container's output stream (Docker Engine API, "Stream format"). */
export function frame(kind: 1 | 2, text: string | Uint8Array): Buffer {
  const payload = Buffer.from(text as string);
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}
