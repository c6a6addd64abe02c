import { isLasting } from '../compose/lasting.js';
import type { Model, Service } from '../compose/model.js';
import { type Looked, type Proposal, proposeForCommand } from './propose.js';

/**
 * A run for each service of an image. It has no command: that of the service is meant.
 * @param users the services that use the image
 */
export function proposeServices(looked: Looked, model: Model, users: readonly string[]): Proposal[] {
  return users.map((name) => {
    const service = model.services?.[name] ?? {};
    const isOther = service.command != null || service.entrypoint != null;
    const { command: _command, ...proposal } = proposeForCommand(asService(looked, service), isOther, isLasting(service));
    return { ...proposal, name };
  });
}

/** An image as a service starts it. */
function asService(looked: Looked, { entrypoint, command, working_dir, environment, ports, expose }: Service): Looked {
  return {
    ...looked,
    entrypoint: entrypoint ?? looked.entrypoint,
    command: command ?? (entrypoint ? [] : looked.command),
    workdir: working_dir ?? looked.workdir,
    environment: [...looked.environment, ...Object.keys(environment ?? {})],
    ports: [...new Set([...targetsOf(ports), ...(Array.isArray(expose) ? expose.map(String) : [])])],
  };
}

/** The ports of the container that `ports` publishes. */
function targetsOf(ports: unknown): string[] {
  if (!Array.isArray(ports)) return [];
  return ports.flatMap((port: unknown) => {
    const target = typeof port === 'object' && port !== null && 'target' in port ? port.target : undefined;
    return target === undefined ? [] : [String(target)];
  });
}
