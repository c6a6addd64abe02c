import { usageError } from '../errors.js';

export interface Ulimit {
  name: string;
  soft: number;
  hard: number;
}

/** Parses `NAME=SOFT[:HARD]` of `docker run --ulimit`. @throws UserError (usage) */
export function parseUlimit(text: string): Ulimit {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text);
  if (!match) throw usageError(`--ulimit ${text} is not a limit`, 'Write NAME=SOFT[:HARD], for instance nofile=1024:2048.');
  return { name: match[1] as string, soft: Number(match[2]), hard: Number(match[3] ?? match[2]) };
}

export interface Device {
  host: string;
  container: string;
  /** Letters r (read), w (write) and m (mknod). */
  permissions: string;
}

/** Parses `HOST[:CONTAINER][:PERMISSIONS]` of `docker run --device`. @throws UserError (usage) */
export function parseDevice(text: string): Device {
  const [host = '', ...rest] = text.split(':');
  const permissions = rest.find((part) => /^[rwm]+$/.test(part)) ?? 'rwm';
  const container = rest.find((part) => part.startsWith('/')) ?? host;
  if (!host.startsWith('/') || rest.some((part) => part !== permissions && part !== container))
    throw usageError(`--device ${text} is not a device`, 'Write HOST[:CONTAINER][:rwm], for instance /dev/fuse.');
  return { host, container, permissions };
}

export interface Publication {
  /** '' for all addresses. */
  address: string;
  /** '' for any free port. */
  host: string;
  container: number;
  protocol: string;
}

/** Parses `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]` of `docker run -p`. @throws UserError (usage) */
export function parsePublication(text: string): Publication {
  const match = /^(?:(?:(\[[\da-f:]+\]|\d+\.[\d.]+):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (!match) throw usageError(`-p ${text} is not a port`, 'Write [[ADDRESS:]HOST:]CONTAINER[/tcp|udp], for instance 8080:80.');
  const [, address = '', host = '', container, protocol = 'tcp'] = match;
  return { address: address.replace(/^\[|\]$/g, ''), host, container: Number(container), protocol };
}

/** Parses `all`, a number, or `device=ID,...` of `docker run --gpus`; a count of -1 means all. @throws UserError (usage) */
export function parseGpus(text: string): { count: number; devices: string[] } {
  const devices = /^"?device=([\w,:.-]+)"?$/.exec(text)?.[1];
  if (devices !== undefined) return { count: 0, devices: devices.split(',') };
  if (text === 'all') return { count: -1, devices: [] };
  if (/^\d+$/.test(text)) return { count: Number(text), devices: [] };
  throw usageError(`--gpus ${text} names no GPUs`, 'Write all, a number, or device=ID.');
}
