import type { Service } from './model.js';

/** The TCP ports of its container that a service publishes (`ports`), or says that it has (`expose`), in that order. */
export function portsOf({ ports, expose }: Service): number[] {
  const published = listOf(ports).flatMap((port) => {
    const { target, protocol = 'tcp' } = (typeof port === 'object' && port !== null ? port : {}) as {
      target?: unknown;
      protocol?: unknown;
    };
    return protocol === 'tcp' ? [target] : [];
  });
  const exposed = listOf(expose).filter((port) => !/\/(udp|sctp)$/i.test(String(port)));
  const numbers = [...published, ...exposed].map((port) => Number.parseInt(String(port), 10));
  return [...new Set(numbers.filter(Number.isInteger))];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
