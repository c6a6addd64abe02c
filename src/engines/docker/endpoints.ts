import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { debug } from '../../debug.js';
import { usageError } from '../../errors.js';

/** Address of a daemon. */
export interface Endpoint {
  /** As in DOCKER_HOST: `unix:///...`, `tcp://...`, `ssh://...`. */
  host: string;
  /** Folder with ca.pem, cert.pem and key.pem for TLS. */
  certificates?: string;
  /** How it was found, for messages. */
  source: string;
  /** Where the user names it, by DOCKER_HOST or a context: how to choose another one. Then no other engine may take its place. */
  configured?: string;
}

/** One way to find the daemon. */
interface Strategy {
  /** @returns an endpoint, or as text why there is none */
  find(environment: NodeJS.ProcessEnv): Endpoint | string;
}

/** DOCKER_HOST, with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. */
const fromEnvironment: Strategy = {
  find(environment) {
    const host = environment.DOCKER_HOST;
    if (!host) return 'DOCKER_HOST is not set';
    const certificates = environment.DOCKER_CERT_PATH ?? join(configFolder(environment), '');
    return { host, source: 'DOCKER_HOST', configured: 'unset DOCKER_HOST', ...(environment.DOCKER_TLS_VERIFY && { certificates }) };
  },
};

/** DOCKER_CONTEXT, or the current context of the docker CLI's configuration. */
const fromContext: Strategy = {
  find(environment) {
    const folder = configFolder(environment);
    const name = environment.DOCKER_CONTEXT ?? field(readJson(join(folder, 'config.json')), 'currentContext');
    if (typeof name !== 'string' || name === '' || name === 'default') return 'no docker context is chosen';
    const other = environment.DOCKER_CONTEXT === undefined ? 'run `docker context use default`' : 'unset DOCKER_CONTEXT';
    const key = createHash('sha256').update(name).digest('hex');
    const endpoints = field(readJson(join(folder, 'contexts', 'meta', key, 'meta.json')), 'Endpoints');
    const host = field(field(endpoints, 'docker'), 'Host');
    if (typeof host !== 'string')
      throw usageError(
        `The docker context ${name} has no address in ${folder}.`,
        'Choose another one with `docker context use`, or unset DOCKER_CONTEXT; `docker context ls` lists them.',
      );
    const tls = join(folder, 'contexts', 'tls', key, 'docker');
    return { host, source: `context ${name}`, configured: other, ...(existsSync(join(tls, 'cert.pem')) && { certificates: tls }) };
  },
};

/** The first of these sockets that exists: Docker, rootless Docker, Docker Desktop, Podman. */
const fromSockets: Strategy = {
  find(environment) {
    const runtime = environment.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`;
    const sockets = [
      '/var/run/docker.sock',
      join(runtime, 'docker.sock'),
      join(homedir(), '.docker', 'run', 'docker.sock'),
      join(runtime, 'podman', 'podman.sock'),
      '/run/podman/podman.sock',
    ];
    const socket = sockets.find((path) => existsSync(path));
    return socket === undefined ? `there is none of the sockets ${sockets.join(', ')}` : { host: `unix://${socket}`, source: socket };
  },
};

const STRATEGIES: readonly Strategy[] = [fromEnvironment, fromContext, fromSockets];

/**
 * Finds the daemon as the docker CLI does, then at the usual sockets. Undefined if there is none.
 * @throws UserError where a context is chosen that does not exist
 */
export function findEndpoint(environment: NodeJS.ProcessEnv = process.env): Endpoint | undefined {
  for (const strategy of STRATEGIES) {
    const endpoint = strategy.find(environment);
    if (typeof endpoint !== 'string') {
      debug.engine('daemon at %s, from %s', endpoint.host, endpoint.source);
      return endpoint;
    }
    debug.engine('no daemon: %s', endpoint);
  }
  return undefined;
}

/** Variables by which the docker client talks to the same daemon, whatever context is chosen. */
export function clientEnvironment({ host, certificates }: Endpoint): Record<string, string> {
  return {
    DOCKER_HOST: host,
    ...(certificates !== undefined && { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates }),
  };
}

function configFolder(environment: NodeJS.ProcessEnv): string {
  return environment.DOCKER_CONFIG ?? join(homedir(), '.docker');
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    debug.engine('%s was not read: %s', path, error);
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
