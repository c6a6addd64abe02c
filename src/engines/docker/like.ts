import type Dockerode from 'dockerode';

/** What to create a container with, and the networks that it joins afterwards: the API takes only one at once (before 1.44). */
export interface Likeness {
  options: Dockerode.ContainerCreateOptions;
  further: [network: string, endpoint: Dockerode.EndpointSettings][];
}

/** Network modes that are no networks with endpoints. */
const NO_NETWORK = /^(none|host|bridge|default|container:.*)$/;

type Host = Record<string, unknown>;

/**
 * The request body for a container that has everything that another one was created with: its mounts, networks with aliases,
 * limits, devices and so on. What our own body says comes on top of that: lists are added, values replace.
 * @param own body without {@link template}
 * @param template a container as the daemon describes it ("ContainerInspect")
 */
export function createLike(own: Dockerode.ContainerCreateOptions, template: Dockerode.ContainerInspectInfo): Likeness {
  const { NetworkMode: wanted, ...host } = (own.HostConfig ?? {}) as Host;
  const { Config: config, Id: id } = template;
  const short = id.slice(0, 12);
  const mode = (template.HostConfig as { NetworkMode?: string }).NetworkMode ?? 'default';
  const networks = NO_NETWORK.test(mode) ? [] : endpointsOf(template, short);
  const [first, ...rest] = [...networks.filter(([name]) => name === mode), ...networks.filter(([name]) => name !== mode)];
  // A container that shares the network of another one has no host name of its own.
  const hostname = config.Hostname !== '' && config.Hostname !== short && networks.length > 0 ? { Hostname: config.Hostname } : {};
  return {
    options: {
      ...(config.Domainname && { Domainname: config.Domainname }),
      ...hostname,
      ...own,
      Volumes: config.Volumes ?? {},
      HostConfig: {
        ...joined(template.HostConfig as unknown as Host, host),
        // It is watched, and ends with the session.
        RestartPolicy: { Name: '', MaximumRetryCount: 0 },
        AutoRemove: false,
        Init: false,
      },
      ...(first && { NetworkingConfig: { EndpointsConfig: { [first[0]]: first[1] } } }),
    },
    further: [...rest, ...(typeof wanted === 'string' ? [[wanted, {}] as [string, Dockerode.EndpointSettings]] : [])],
  };
}

/** Which networks a container joins, and how it is called there. */
function endpointsOf({ NetworkSettings: { Networks } }: Dockerode.ContainerInspectInfo, short: string): Likeness['further'] {
  return Object.entries(Networks ?? {}).map(([name, { IPAMConfig, Links, Aliases, MacAddress }]) => [
    name,
    {
      IPAMConfig: IPAMConfig ?? {},
      ...(Links && { Links }),
      // The daemon adds the start of the container's id to the aliases.
      Aliases: ((Aliases as string[] | undefined) ?? []).filter((alias) => alias !== short),
      ...(MacAddress && { MacAddress }),
    } as Dockerode.EndpointSettings,
  ]);
}

function joined(template: Host, own: Host): Host {
  const result: Host = { ...template };
  for (const [name, value] of Object.entries(own)) {
    const before = result[name];
    if (name === 'LogConfig' || name === 'PortBindings') result[name] = value;
    else if (Array.isArray(value)) result[name] = [...(Array.isArray(before) ? before : []), ...value];
    else if (typeof value === 'boolean') result[name] = before === true || value;
    else if (typeof value === 'object' && value !== null) result[name] = { ...(before as object | null), ...value };
    else result[name] = value;
  }
  return result;
}
