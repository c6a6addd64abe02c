import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UserError, usageError } from '../../errors.js';
import { CHANNELS, isInstalled, type StartedProcess, startProcess, toolEnvironment } from '../processes.js';
import { type Publication, parsePublication } from '../resources.js';
import type { RunOptions } from '../runoptions.js';

/** Programs that connect a container's own network with that of this computer. The first that is installed is used. */
const TOOLS = ['slirp4netns', 'pasta'] as const;
export type NetworkTool = (typeof TOOLS)[number];

/** Address of the container, and of the name server that it sees (slirp4netns(1)). */
const SLIRP = { address: '10.0.2.100', resolver: '10.0.2.3' };
/** Address at which pasta answers for the name server of this computer. It is link-local, so no network has it (RFC 3927). */
const PASTA_RESOLVER = '169.254.1.1';

/** How long pasta may take to set up a network. */
const READY_MILLISECONDS = 5000;

/** What a container's own network is. */
export interface OwnNetwork {
  tool: NetworkTool;
  publish: readonly Publication[];
}

/**
 * The own network that the run options ask for: by `--network bridge` or the name of a tool, or by `-p`. Undefined where the
 * container has the network of this computer, or none. Where no tool can work, that of this computer does for a port that keeps
 * its number and is open at all addresses.
 * @param root whether we run as root: pasta gives that up, and then it may not enter the container
 * @throws UserError (usage) where no tool is installed, or an option can't be honoured
 */
export async function ownNetwork(
  { network, publish }: Pick<RunOptions, 'network' | 'publish'>,
  root: boolean,
): Promise<OwnNetwork | undefined> {
  const ports = publish.map(parsePublication);
  const mapped = ports.find(
    ({ address, host, container }) => (host !== '' && host !== String(container)) || !['', '0.0.0.0'].includes(address),
  );
  if (network === 'none' || network === 'host') {
    if (mapped && network === 'host')
      throw usageError(`-p ${shown(mapped)}: with --network host, no port can be mapped.`, 'Leave out one of them.');
    return undefined;
  }
  const named = TOOLS.find((name) => name === network);
  if (network !== undefined && network !== 'bridge' && named === undefined)
    throw usageError(
      `--network ${network}: the local engine knows host (the default), none and bridge.`,
      'Choose one of them, or use a Docker daemon.',
    );
  if (network === undefined && ports.length === 0) return undefined;
  const allowed = (named ? [named] : TOOLS).filter((name) => !(root && name === 'pasta'));
  const needed = network !== undefined || mapped !== undefined;
  if (!needed && !(await canMakeDevices())) return undefined;
  for (const tool of allowed) if (await isInstalled(tool)) return { tool, publish: ports.map(checked) };
  if (!needed) return undefined;
  throw usageError(
    named === 'pasta' && root
      ? '--network pasta: as root, pasta has no right to enter a container.'
      : `A network of its own needs ${allowed.join(' or ')}, and it is not installed.`,
    `Install ${root ? 'the package slirp4netns' : 'the package slirp4netns or passt'}, or leave out ${mapped ? `-p ${shown(mapped)}` : `--network ${network}`}.`,
  );
}

/** Whether network devices can be made here, which all tools do. Inside a container, they mostly can't. */
async function canMakeDevices(): Promise<boolean> {
  const device = await open('/dev/net/tun', 'r+').catch(() => undefined);
  await device?.close();
  return device !== undefined;
}

/** A port as the user may have given it. */
function shown({ address, host, container }: Publication): string {
  return [address, host, container].filter((part) => part !== '').join(':');
}

function checked(port: Publication): Publication {
  if (port.protocol === 'sctp' || port.address.includes(':'))
    throw usageError(
      `-p ${port.container}: the local engine publishes TCP and UDP ports at IPv4 addresses only.`,
      'Leave it out, as the exercise needs no published port; or use a Docker daemon.',
    );
  return port;
}

/** Content of /etc/resolv.conf in a container with a network of its own. @param ours that of this computer */
export function resolverFile({ tool }: OwnNetwork, ours: string): string {
  const others = ours.split('\n').filter((line) => /^\s*(search|domain|options)\s/.test(line));
  return `${[...others, `nameserver ${tool === 'pasta' ? PASTA_RESOLVER : SLIRP.resolver}`].join('\n')}\n`;
}

/**
 * Connects the network namespace of a process with the network of this computer, and publishes ports. Whoever calls
 * this ends the program with the container. It also ends with this process.
 * @param socket path for a socket
 * @throws UserError with what the tool says
 */
export async function connectNetwork({ tool, publish }: OwnNetwork, pid: number, socket: string): Promise<StartedProcess> {
  const ports = await Promise.all(publish.map(async (port) => ({ ...port, host: port.host || String(await freePort(port.address)) })));
  const lines = {
    slirp4netns: [
      ...['slirp4netns', '--configure', '--mtu=65520', '--disable-host-loopback', '--enable-sandbox'],
      ...[`--userns-path=/proc/${pid}/ns/user`, `--api-socket=${basename(socket)}`, `--ready-fd=${CHANNELS}`, String(pid), 'tap0'],
    ],
    pasta: [
      ...['pasta', '--quiet', '--foreground', '--stderr', '--config-net', '--no-map-gw', '--dns-forward', PASTA_RESOLVER],
      ...pastaPorts('tcp', '-t', ports),
      ...pastaPorts('udp', '-u', ports),
      ...['-T', 'none', '-U', 'none', `--userns=/proc/${pid}/ns/user`, `--netns=/proc/${pid}/ns/net`],
    ],
  };
  const line = ['setpriv', '--pdeathsig', 'KILL', ...lines[tool]];
  // A socket's address has at most 107 bytes (unix(7)), and a session's folder may have a longer path.
  const cwd = dirname(socket);
  const started = startProcess(line, { environment: toolEnvironment(), input: false, channels: 1, cwd, newSession: true });
  (started.stdout as Readable).resume();
  const complaint = text(started.stderr);
  const channel = started.channels[0] as Duplex;
  channel.on('error', () => {});
  const failed = async () => {
    started.kill();
    const said = (await complaint).trim().split('\n').at(-1);
    return new UserError(
      `${tool} could not give the container a network: ${said || `it ended with status ${await started.exit}`}`,
      'See that /dev/net/tun exists and can be opened, or leave out --network and -p.',
    );
  };
  const ended = started.exit.then(() => false);
  const ready = tool === 'slirp4netns' ? once(channel, 'data').then(() => true) : connected(pid);
  if (!(await Promise.race([ready, ended]))) throw await failed();
  if (tool === 'slirp4netns') {
    for (const port of ports) {
      const problem = await publishBySlirp(socket, port);
      if (problem === undefined) continue;
      started.kill();
      throw new UserError(
        `The port ${port.address || '0.0.0.0'}:${port.host} can't be published: ${problem}.`,
        'See that no other program listens there, or choose another port.',
      );
    }
  }
  return started;
}

/**
 * Waits until the namespace of a process has a route. pasta has no other way to tell that it is ready. A computer without
 * IPv4 gives it none: then the container starts after a while.
 */
async function connected(pid: number): Promise<boolean> {
  const end = Date.now() + READY_MILLISECONDS;
  while (Date.now() < end) {
    const routes = await readFile(`/proc/${pid}/net/route`, 'utf8').catch(() => undefined);
    if (routes === undefined) return false;
    if (routes.trim().split('\n').length > 1) return true;
    await new Promise((go) => setTimeout(go, 10));
  }
  return true;
}

function pastaPorts(protocol: string, flag: string, ports: readonly Publication[]): string[] {
  const own = ports.filter((port) => port.protocol === protocol);
  if (own.length === 0) return [flag, 'none'];
  return own.flatMap(({ address, host, container }) => [flag, `${address ? `${address}/` : ''}${host}:${container}`]);
}

/** Asks slirp4netns to publish a port (slirp4netns(1), "API socket"). @returns what it complains about */
async function publishBySlirp(socket: string, { address, host, container, protocol }: Publication): Promise<string | undefined> {
  const folder = await open(dirname(socket));
  const connection = createConnection(`/proc/self/fd/${folder.fd}/${basename(socket)}`);
  const forward = {
    proto: protocol,
    host_addr: address || '0.0.0.0',
    host_port: Number(host),
    guest_addr: SLIRP.address,
    guest_port: container,
  };
  connection.end(JSON.stringify({ execute: 'add_hostfwd', arguments: forward }));
  try {
    const { error } = JSON.parse(await text(connection)) as { error?: { desc?: string } };
    return error && (error.desc ?? 'slirp4netns refuses it');
  } catch (error) {
    return `slirp4netns does not answer (${(error as Error).message})`;
  } finally {
    await folder.close();
  }
}

/** A port of this computer on which nothing listens. */
async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address || '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
