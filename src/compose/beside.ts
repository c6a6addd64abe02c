import { type Model, type Service, servicesOf } from './model.js';

/** A service that has to run before another one is started. */
export interface Beside {
  name: string;
  /** Whether it has to have ended with status 0, instead of running. */
  ends: boolean;
}

/** Condition of `depends_on` for a service that does its work and ends. */
const COMPLETED = 'service_completed_successfully';

/**
 * What has to run beside a service before it starts: what it depends on, also indirectly, and every service of another image,
 * unless that one itself needs the service to be there. In the order of the file.
 * @param users services of the image that is shrunk
 */
export function besideOf(model: Model, service: string, users: readonly string[]): Beside[] {
  const needs = needsOf(model, service);
  const later = new Set(servicesOf(model).flatMap(([name]) => (needsOf(model, name).has(service) ? [name] : [])));
  const ending = new Set(servicesOf(model).flatMap(([, { depends_on }]) => completed(depends_on)));
  return servicesOf(model)
    .filter(([name]) => name !== service && (needs.has(name) || (!users.includes(name) && !later.has(name))))
    .map(([name]) => ({ name, ends: ending.has(name) }));
}

function completed(dependencies: Service['depends_on']): string[] {
  return Object.entries(dependencies ?? {}).flatMap(([name, { condition }]) => (condition === COMPLETED ? [name] : []));
}

/** Services that one depends on, directly or not. docker compose refuses cycles. */
function needsOf({ services }: Model, name: string): Set<string> {
  const found = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const dependency of Object.keys(services?.[next]?.depends_on ?? {}))
      if (!found.has(dependency)) {
        found.add(dependency);
        open.push(dependency);
      }
  return found;
}
