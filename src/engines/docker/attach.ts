import type { Duplex } from 'node:stream';
import type { DialOptions } from 'docker-modem';
import type Dockerode from 'dockerode';

/** What dockerode needs to know about a request that takes its connection over. */
interface Takeover {
  hijack: true;
  abortSignal: AbortSignal;
}

/**
 * Sends a request that takes its connection over, and returns the connection. Where the daemon refuses, the connection is
 * closed: nothing else would end the request, and it would keep this process running.
 */
export async function hijacked(request: (options: Takeover) => Promise<NodeJS.ReadWriteStream>): Promise<Duplex> {
  const connection = new AbortController();
  try {
    return (await request({ hijack: true, abortSignal: connection.signal })) as Duplex;
  } catch (error) {
    connection.abort();
    throw error;
  }
}

/**
 * Attaches to a container: its output and, with `input`, its standard input.
 *
 * The request has an empty body, as that of the docker CLI. Dockerode's own `attach` repeats the query as a body. Docker
 * drops that body. Podman takes the connection over right after the head of the request (`Container.HTTPAttach` in its
 * libpod/container_api.go), so the container would read the body as its first input.
 */
export function attach(container: Dockerode.Container, input: boolean): Promise<Duplex> {
  return hijacked(
    (taken) =>
      new Promise((resolve, reject) => {
        const options: DialOptions = {
          ...taken,
          path: `/containers/${container.id}/attach?`,
          method: 'POST',
          isStream: true,
          options: { stream: true, stdin: input, stdout: true, stderr: true },
          file: Buffer.alloc(0), // the only body of dockerode that may be empty
          statusCodes: { 200: true },
        };
        container.modem.dial(options, (error: Error | null, stream: NodeJS.ReadWriteStream) => (error ? reject(error) : resolve(stream)));
      }),
  );
}
