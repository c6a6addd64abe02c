import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { UserError, usageError } from '../../errors.js';
import { type Endpoint, findEndpoint } from './endpoints.js';
import { SshAgent } from './ssh.js';

/** The oldest API that pyshrink was tried with: Docker 20.10. */
export const API_VERSION = 'v1.41';

const REMEDY = "Start Docker (or Podman's socket) and try again, or set DOCKER_HOST; `pyshrink doctor` checks this machine.";

/** Connects to the daemon and asks whether it is there. Throws a UserError when it is not. */
export async function connect(environment: NodeJS.ProcessEnv = process.env): Promise<{ docker: Dockerode; endpoint: Endpoint }> {
  const endpoint = findEndpoint(environment);
  if (!endpoint) throw new UserError('No Docker daemon was found.', REMEDY);
  const docker = new Dockerode({ ...connection(endpoint), version: API_VERSION });
  try {
    await docker.ping();
  } catch (error) {
    throw new UserError(`The Docker daemon at ${endpoint.host} (${endpoint.source}) does not answer: ${messageOf(error)}`, REMEDY);
  }
  return { docker, endpoint };
}

function connection(endpoint: Endpoint): Dockerode.DockerOptions {
  const [, scheme, rest = ''] = /^(unix|tcp|http|https|ssh):\/\/(.*)$/.exec(endpoint.host) ?? [];
  if (scheme === 'unix') return { socketPath: rest };
  const address = `tcp://${rest}`; // of http and https, a URL forgets their own ports
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (scheme === undefined || !url?.hostname)
    throw usageError(
      `${endpoint.host} (${endpoint.source}) is not an address of a Docker daemon`,
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

/** The text of an error, with the daemon's own words where it has any. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) {
    const told = (error as { json?: { message?: string } }).json?.message;
    return told ?? (error.message || String((error as NodeJS.ErrnoException).code ?? error.name));
  }
  return String(error);
}

/** HTTP status of an answer of the daemon that dockerode threw. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number } | undefined)?.statusCode;
}
