import { usageError } from '../errors.js';
import { within } from '../paths.js';
import type { Shared } from '../sharing.js';
import type { Beside } from './beside.js';
import { FOREVER } from './lasting.js';
import { type Model, type Resource, type Service, servicesOf } from './model.js';

/** What the user allows beyond what a project of our own can hold. */
export interface Wishes {
  /** Networks and volumes that exist outside of the project are used. */
  useExternal: boolean;
}

/** What a container of a service must not keep, since the user's own stack may run beside ours. */
const DROPPED = ['container_name', 'ports', 'build', 'profiles', 'develop'] as const;

/** A compose file that a session can bring up in a project of its own. */
export interface ComposeProject {
  /** The user's file. */
  path: string;
  /** The compose file of a project of our own. @param labels for everything in it */
  document(labels: Readonly<Record<string, string>>): Model;
  /** What has to run before a service is started. */
  beside(service: string): Beside[];
  /** What a service and what runs beside it have in common with other projects: see {@link sharedOf}. */
  shared(service: string): Shared[];
  /** Ports at which a service listens, as the file says. */
  ports(service: string): number[];
  /** Values that the project needs beside the file: variables of secrets. */
  environment: Readonly<Record<string, string>>;
  /** Files of a service that docker compose writes into its container: secrets and configs that come from no file. */
  written(service: string): WrittenFile[];
}

/** A file in a container. */
export interface WrittenFile {
  /** Absolute path. */
  path: string;
  content: string;
  uid: number;
  gid: number;
  mode: number;
}

/**
 * The compose file of a project of our own: each network and volume is new and called after that project, no container has a
 * fixed name or a published port, and everything has our labels.
 * @param path of the user's file, for messages
 * @param dataOf folders where the image of a service keeps its data: what is mounted there is state
 * @throws UserError for networks and volumes from outside that the user does not allow
 */
export function ownProject(
  path: string,
  model: Model,
  labels: Readonly<Record<string, string>>,
  wishes: Wishes,
  imageNames: ReadonlyMap<string, string>,
  dataOf: (service: string) => readonly string[] = () => [],
): { document: Model; notes: string[] } {
  if (!wishes.useExternal) requireOwn(path, model);
  const { name: _name, ...rest } = model;
  const notes: string[] = [];
  const services = servicesOf(model).map(([name, service]) => {
    const { kept, fresh } = freshData(service, dataOf(name));
    for (const { source, target } of fresh)
      notes.push(`${name}: its data in ${target} is a new volume for each start, and ${source} of this computer is left alone`);
    return [name, ownService(kept, labels, imageNames.get(name))] as const;
  });
  const document = {
    ...rest,
    services: Object.fromEntries(services),
    ...(model.networks && { networks: ownResources(model.networks, labels) }),
    ...(model.volumes && { volumes: ownResources(model.volumes, labels) }),
  };
  return { document: document as unknown as Model, notes };
}

/** @throws UserError for networks and volumes from outside */
export function requireOwn(path: string, { networks, volumes }: Model): void {
  for (const [kind, resources] of Object.entries({ network: networks, volume: volumes }))
    for (const [key, resource] of Object.entries(resources ?? {}))
      if (resource?.external)
        throw usageError(
          `The ${kind} ${resource.name ?? key} of ${path} is external: it exists outside of the project, and what the app does there stays.`,
          `Give --use-external to use it, or leave out \`external\` in a compose file for pyshrink.`,
        );
}

/** Replaces folders of this computer where the image keeps its data: a second server on them would damage them. */
function freshData(service: Service, data: readonly string[]): { kept: Service; fresh: { source: string; target: string }[] } {
  const isData = ({ type, target, read_only }: { type: string; target: string; read_only?: boolean | undefined }) =>
    type === 'bind' && read_only !== true && data.some((folder) => within(target, folder) || within(folder, target));
  const found = (service.volumes ?? []).filter(isData);
  if (found.length === 0) return { kept: service, fresh: [] };
  const volumes = (service.volumes ?? []).map((mount) => (isData(mount) ? { type: 'volume', target: mount.target } : mount));
  return { kept: { ...service, volumes }, fresh: found.map(({ source = '', target }) => ({ source, target })) };
}

function ownService(service: Service, labels: Readonly<Record<string, string>>, image: string | undefined): Service {
  const own: Service = { ...service, labels: { ...service.labels, ...labels } };
  for (const key of DROPPED) delete own[key];
  if (image !== undefined) own.image = image;
  // Its image is there already.
  if (service.build) delete own.pull_policy;
  // Nobody watches it any more when pyshrink was killed.
  if (service.restart !== undefined && FOREVER.includes(service.restart)) own.restart = 'on-failure';
  return own;
}

function ownResources(resources: Record<string, Resource>, labels: Readonly<Record<string, string>>): Record<string, Resource> {
  return Object.fromEntries(
    Object.entries(resources).map(([key, resource]) => {
      if (resource?.external) return [key, resource];
      const { name: _name, ...rest } = resource ?? {};
      return [key, { ...rest, labels: { ...resource?.labels, ...labels } }];
    }),
  );
}
