import { usageError } from '../errors.js';

export interface Ulimit {
  name: string;
  soft: number;
  hard: number;
}

/** `NAME=SOFT[:HARD]`, as `docker run --ulimit` takes it. */
export function parseUlimit(text: string): Ulimit {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text);
  if (!match) throw usageError(`--ulimit ${text} is no limit`, 'Write NAME=SOFT[:HARD], for instance nofile=1024:2048.');
  return { name: match[1] as string, soft: Number(match[2]), hard: Number(match[3] ?? match[2]) };
}

export interface Device {
  host: string;
  container: string;
  /** Of r, w and m (mknod). */
  permissions: string;
}

/** `HOST[:CONTAINER][:PERMISSIONS]`, as `docker run --device` takes it. */
export function parseDevice(text: string): Device {
  const [host = '', ...rest] = text.split(':');
  const permissions = rest.find((part) => /^[rwm]+$/.test(part)) ?? 'rwm';
  const container = rest.find((part) => part.startsWith('/')) ?? host;
  if (!host.startsWith('/') || rest.some((part) => part !== permissions && part !== container))
    throw usageError(`--device ${text} is no device`, 'Write HOST[:CONTAINER][:rwm], for instance /dev/fuse.');
  return { host, container, permissions };
}

export interface Publication {
  address: string;
  /** '' for any that is free. */
  host: string;
  container: number;
  protocol: string;
}

/** `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, as `docker run -p` takes it. */
export function parsePublication(text: string): Publication {
  const match = /^(?:(?:(\[[\da-f:]+\]|\d+\.[\d.]+):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (!match) throw usageError(`-p ${text} is no port`, 'Write [[ADDRESS:]HOST:]CONTAINER[/tcp|udp], for instance 8080:80.');
  const [, address = '', host = '', container, protocol = 'tcp'] = match;
  return { address: address.replace(/^\[|\]$/g, ''), host, container: Number(container), protocol };
}

/** `all`, a number, or `device=ID,...`, as `docker run --gpus` takes it. */
export function parseGpus(text: string): { count: number; devices: string[] } {
  const devices = /^"?device=([\w,:.-]+)"?$/.exec(text)?.[1];
  if (devices !== undefined) return { count: 0, devices: devices.split(',') };
  if (text === 'all') return { count: -1, devices: [] };
  if (/^\d+$/.test(text)) return { count: Number(text), devices: [] };
  throw usageError(`--gpus ${text} names none`, 'Write all, a number, or device=ID.');
}
