import { behindHosts, type Shared, written } from '../sharing.js';
import { type Model, type Service, servicesOf } from './model.js';

/**
 * What services of a project have in common with everything else on their computer: two projects with such a thing disturb
 * each other. All else is new in each project.
 * @param names the services
 */
export function sharedOf(model: Model, names: readonly string[]): Shared[] {
  const services = servicesOf(model).flatMap(([name, service]) => (names.includes(name) ? [service] : []));
  return [...services.flatMap((service) => [...ofService(service), ...filesOf(service, model)]), ...networksOf(model), ...volumesOf(model)];
}

function ofService({ volumes, network_mode, devices, deploy, extra_hosts }: Service): Shared[] {
  const folders = (volumes ?? []).filter(({ type }) => type === 'bind');
  const mode = typeof network_mode === 'string' && !OF_PROJECT.test(network_mode) ? [written(`network:${network_mode}`)] : [];
  const hardware = [
    devices,
    deploy && (deploy as { resources?: { reservations?: { devices?: unknown } } }).resources?.reservations?.devices,
  ];
  return [
    ...folders.flatMap(({ source, read_only }) => (source === undefined ? [] : [{ name: source, writes: read_only !== true }])),
    ...mode,
    ...(hardware.some((list) => Array.isArray(list) && list.length > 0) ? [written('device')] : []),
    // `docker compose config` prints it as a list.
    ...(Array.isArray(extra_hosts) ? behindHosts(extra_hosts.map(String)) : []),
  ];
}

/** Files of this computer that a service reads as its secrets and configs. */
function filesOf({ secrets, configs }: Service, model: Model): Shared[] {
  const files = [
    ...(secrets ?? []).map(({ source }) => model.secrets?.[source]?.file),
    ...(configs ?? []).map(({ source }) => model.configs?.[source]?.file),
  ];
  return files.flatMap((name) => (name === undefined ? [] : [{ name, writes: false }]));
}

/** Values of `network_mode` (compose-spec) that name nothing outside of the project. `bridge` is shared, but has no names and no ports. */
const OF_PROJECT = /^(none|bridge|default|service:.*)$/;

function networksOf({ networks }: Model): Shared[] {
  return Object.entries(networks ?? {}).flatMap(([key, network]) => {
    if (network?.external) return [written(`network:${network.name ?? key}`)];
    // Two networks can't have the same addresses.
    const { config } = (network?.ipam ?? {}) as { config?: { subnet?: string }[] };
    return (config ?? []).flatMap(({ subnet }) => (subnet === undefined ? [] : [written(`network:${subnet}`)]));
  });
}

/** A volume with options of its driver may be a folder of this computer, or one in the network. */
function volumesOf({ volumes }: Model): Shared[] {
  return Object.entries(volumes ?? {}).flatMap(([key, volume]) => {
    if (volume?.external) return [written(`volume:${volume.name ?? key}`)];
    return volume?.driver_opts && Object.keys(volume.driver_opts).length > 0 ? [written(`volume:${key}`)] : [];
  });
}
