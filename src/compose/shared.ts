import { type Model, type Service, servicesOf } from './model.js';

/**
 * What services of a project have in common with everything else on their computer: two projects with such a thing disturb
 * each other. All else is new in each project.
 * @param names the services
 * @returns absolute paths of folders, and names with a kind before a colon
 */
export function sharedOf(model: Model, names: readonly string[]): string[] {
  const services = servicesOf(model).flatMap(([name, service]) => (names.includes(name) ? [service] : []));
  return [...new Set([...services.flatMap(ofService), ...networksOf(model), ...volumesOf(model)])];
}

function ofService({ volumes, network_mode, devices, deploy }: Service): string[] {
  const written = (volumes ?? []).filter(({ type, read_only }) => type === 'bind' && read_only !== true);
  const mode = typeof network_mode === 'string' && !OF_PROJECT.test(network_mode) ? [`network:${network_mode}`] : [];
  const hardware = [
    devices,
    deploy && (deploy as { resources?: { reservations?: { devices?: unknown } } }).resources?.reservations?.devices,
  ];
  return [
    ...written.flatMap(({ source }) => source ?? []),
    ...mode,
    ...(hardware.some((list) => Array.isArray(list) && list.length > 0) ? ['device'] : []),
  ];
}

/** Values of `network_mode` (compose-spec) that name nothing outside of the project. `bridge` is shared, but has no names and no ports. */
const OF_PROJECT = /^(none|bridge|default|service:.*)$/;

function networksOf({ networks }: Model): string[] {
  return Object.entries(networks ?? {}).flatMap(([key, network]) => {
    if (network?.external) return [`network:${network.name ?? key}`];
    // Two networks can't have the same addresses.
    const { config } = (network?.ipam ?? {}) as { config?: { subnet?: string }[] };
    return (config ?? []).flatMap(({ subnet }) => (subnet === undefined ? [] : [`network:${subnet}`]));
  });
}

/** A volume with options of its driver may be a folder of this computer, or one in the network. */
function volumesOf({ volumes }: Model): string[] {
  return Object.entries(volumes ?? {}).flatMap(([key, volume]) => {
    if (volume?.external) return [`volume:${volume.name ?? key}`];
    return volume?.driver_opts && Object.keys(volume.driver_opts).length > 0 ? [`volume:${key}`] : [];
  });
}
