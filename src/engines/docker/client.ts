import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { debug } from '../../debug.js';
import { UserError, usageError } from '../../errors.js';
import { type Endpoint, findEndpoint } from './endpoints.js';
import { SshAgent } from './ssh.js';

/** The oldest version of the API that pyshrink is tested with: that of Docker 20.10. */
export const API_VERSION = 'v1.41';

const REMEDY =
  'Start Docker (or `systemctl --user start podman.socket`) and try again, or set DOCKER_HOST; `pyshrink doctor` checks this computer.';

/** The user names no daemon, and none answers at the usual sockets. Only then may another engine take its place. */
export class NoDaemonError extends UserError {}

/**
 * Connects to the daemon and sends a ping.
 * @throws NoDaemonError where none is found, UserError where the one that the user names does not answer
 */
export async function connect(environment: NodeJS.ProcessEnv = process.env): Promise<{ docker: Dockerode; endpoint: Endpoint }> {
  const endpoint = findEndpoint(environment);
  if (!endpoint) throw new NoDaemonError('No Docker daemon was found.', REMEDY);
  const docker = new Dockerode({ ...connection(endpoint), version: API_VERSION });
  try {
    await docker.ping();
  } catch (error) {
    debug.engine('%s does not answer: %o', endpoint.host, error);
    const message = `The Docker daemon at ${endpoint.host} (${endpoint.source}) does not answer: ${messageOf(error)}`;
    if (endpoint.configured === undefined) throw new NoDaemonError(message, REMEDY);
    const remedy = `Start it, or ${endpoint.configured} to use another one. With --engine local, images in files need no daemon.`;
    throw new UserError(message, remedy);
  }
  return { docker, endpoint };
}

function connection(endpoint: Endpoint): Dockerode.DockerOptions {
  const [, scheme, rest = ''] = /^(unix|tcp|http|https|ssh):\/\/(.*)$/.exec(endpoint.host) ?? [];
  if (scheme === 'unix') return { socketPath: rest };
  const address = `tcp://${rest}`; // a URL with the scheme http or https would drop that scheme's default port
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (scheme === undefined || !url?.hostname)
    throw usageError(
      `${endpoint.host} (${endpoint.source}) is not the address of a Docker daemon`,
      'Use unix://PATH, tcp://HOST:PORT or ssh://[USER@]HOST.',
    );
  if (scheme === 'ssh') {
    return { protocol: 'http', host: url.hostname, port: 80, agent: new SshAgent(url) } as Dockerode.DockerOptions;
  }
  const tls = endpoint.certificates !== undefined || scheme === 'https';
  const pem = (name: string) => readFileSync(join(endpoint.certificates as string, name));
  return {
    protocol: tls ? 'https' : 'http',
    host: url.hostname,
    port: url.port || (tls ? 2376 : 2375),
    ...(endpoint.certificates !== undefined && { ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') }),
  };
}

/** Message of an error: the daemon's own where it sent one. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) {
    const sent = (error as { json?: { message?: string } }).json?.message;
    return sent ?? (error.message || String((error as NodeJS.ErrnoException).code ?? error.name));
  }
  return String(error);
}

/** HTTP status of an error that dockerode made from an answer of the daemon; undefined for other errors. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number } | undefined)?.statusCode;
}

/**
 * Turns failures of the daemon itself (status 500, e.g. a full disk) into UserErrors.
 * @param task what the daemon was asked to do, e.g. `create a volume`
 * @returns any other error as it is
 */
export function daemonFailure(error: unknown, task: string): unknown {
  if (statusOf(error) !== 500) return error;
  return new UserError(`The Docker daemon could not ${task}: ${messageOf(error)}`, "Check the daemon's disk space and log.");
}
