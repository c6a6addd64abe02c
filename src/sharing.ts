import { within } from './paths.js';

/** Something outside of its own containers that a run uses. */
export interface Shared {
  /** Absolute path of a folder, or a name with a kind before a colon. A part of something has its name, a slash and more. */
  name: string;
  /** Whether the run may change it. If not, it only reads it. */
  writes: boolean;
}

/** Everything outside of containers: what commands of the user may change. */
export const ANYTHING: Shared = { name: 'computer', writes: true };

/** The network of this computer: its ports, and what listens there. */
export const HOST_NETWORK = 'network:host';

export function written(name: string): Shared {
  return { name, writes: true };
}

/** Addresses that lead back into the container, or nowhere. */
const OWN_ADDRESS = /^(127\.[\d.]+|0\.0\.0\.0|::1?)$/;

/** What is behind the entries `NAME:ADDRESS` or `NAME=ADDRESS` of `--add-host`. `host-gateway` is this computer (docker run). */
export function behindHosts(entries: readonly string[]): Shared[] {
  const addresses = entries.map((entry) => entry.replace(/^[^:=]*[:=]/, '').replace(/^\[|\]$/g, ''));
  return addresses.flatMap((address) => {
    if (address === 'host-gateway') return [written(HOST_NETWORK)];
    return OWN_ADDRESS.test(address) ? [] : [written(`host:${address}`)];
  });
}

/** Whether one of two runs may find what the other one has changed. */
export function clash(one: readonly Shared[], other: readonly Shared[]): boolean {
  if ([...one, ...other].includes(ANYTHING)) return one.length > 0 && other.length > 0;
  return one.some((mine) => other.some((its) => (mine.writes || its.writes) && overlap(mine.name, its.name)));
}

function overlap(one: string, other: string): boolean {
  return within(one, other) || within(other, one);
}
