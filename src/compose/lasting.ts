import type { Service } from './model.js';

/** Restart policies of a service that runs until it is stopped (compose-spec, "restart"). */
export const FOREVER: readonly string[] = ['always', 'unless-stopped'];

/** Whether a service runs until it is stopped, and says of no port that it serves there. Such a service need not listen at all. */
export function isLasting({ ports, expose, restart }: Service): boolean {
  return restart !== undefined && FOREVER.includes(restart) && !hasItems(ports) && !hasItems(expose);
}

function hasItems(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
