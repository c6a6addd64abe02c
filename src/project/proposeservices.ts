import { isLasting } from '../compose/lasting.js';
import type { Model, Service } from '../compose/model.js';
import { portsOf } from '../compose/ports.js';
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
function asService(looked: Looked, service: Service): Looked {
  const { entrypoint, command, working_dir, environment } = service;
  return {
    ...looked,
    entrypoint: entrypoint ?? looked.entrypoint,
    command: command ?? (entrypoint ? [] : looked.command),
    workdir: working_dir ?? looked.workdir,
    environment: [...looked.environment, ...Object.keys(environment ?? {})],
    ports: portsOf(service).map(String),
  };
}
