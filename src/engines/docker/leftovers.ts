import type Dockerode from 'dockerode';
import { debug } from '../../debug.js';
import { hasEnded, isNear, parseOwner } from '../../os/owner.js';
import { messageOf } from './client.js';
import { listImages } from './image.js';
import { OWNER_LABEL, ROLE_LABEL, SESSION_LABEL, TEMPORARY_REPOSITORY } from './labels.js';

/** Seconds that a session may take to start its helper. */
const GRACE = 60;
/** Seconds after which a session that has made no helper is dead where its process can't be asked: it is on another computer, or in another PID namespace. */
const FAR_GRACE = 24 * 3600;
/** As above, where a helper has ended: its process may be trying another Python of the image. Clocks may differ, too. */
const FAR_PAUSE = 3600;

/**
 * Removes what dead sessions left on the daemon and returns the names of it.
 *
 * A session is alive as long as its helper container runs. The helper ends when the client's connection ends, also if the
 * client was killed, or ran elsewhere and lost its network. While it has none, its claim (a volume) names its process: where
 * that is of this computer and this PID namespace, it can be asked. Another one gets time.
 */
export async function removeLeftovers(docker: Dockerode): Promise<string[]> {
  const filters = { label: [SESSION_LABEL] };
  // A session makes its claim first. So whatever is in a list has its claim in a later list, as long as the session lives.
  const [images, temporary, networks] = await Promise.all([
    listImages(docker, { all: false, filters }),
    listImages(docker, { filters: { reference: [`${TEMPORARY_REPOSITORY}/*`] } }),
    docker.listNetworks({ filters }),
  ]);
  const containers = await docker.listContainers({ all: true, filters });
  const volumes = await docker.listVolumes({ filters });
  const live = new Set<string | undefined>();
  const isYoung = (created: number, grace = GRACE) => Date.now() / 1000 - created < grace;
  /** When each session has made its newest helper, in seconds since the epoch. */
  const helpers = new Map<string | undefined, number>();
  for (const container of containers) {
    if (container.Labels[ROLE_LABEL] !== 'helper') continue;
    const session = container.Labels[SESSION_LABEL];
    helpers.set(session, Math.max(container.Created, helpers.get(session) ?? 0));
    if (container.State === 'running' || (container.State === 'created' && isYoung(container.Created))) live.add(session);
  }
  for (const volume of volumes.Volumes ?? []) {
    const session = volume.Labels?.[SESSION_LABEL];
    const created = Date.parse((volume as { CreatedAt?: string }).CreatedAt ?? '') / 1000;
    const owner = parseOwner(volume.Labels?.[OWNER_LABEL] ?? '');
    if (!owner) {
      if (!helpers.has(session) && isYoung(created)) live.add(session);
    } else if (await isNear(owner)) {
      if (!(await hasEnded(owner))) live.add(session);
    } else {
      const helper = helpers.get(session);
      // Not every daemon says when it made a volume.
      if (helper === undefined ? !Number.isFinite(created) || isYoung(created, FAR_GRACE) : isYoung(helper, FAR_PAUSE)) live.add(session);
    }
  }

  const removed: string[] = [];
  const record = async (name: string, removal: Promise<unknown>) => {
    try {
      await removal;
      removed.push(name);
    } catch (error) {
      // Another pyshrink may have removed it first.
      debug.engine('%s of a dead session could not be removed: %s', name, messageOf(error));
    }
  };
  const dead = (session: string | undefined) => session !== undefined && !live.has(session);
  for (const container of containers) {
    if (dead(container.Labels[SESSION_LABEL])) {
      await record(`container ${container.Id.slice(0, 12)}`, docker.getContainer(container.Id).remove({ force: true, v: true }));
    }
  }
  for (const network of networks) {
    if (dead(network.Labels?.[SESSION_LABEL])) await record(`network ${network.Name}`, docker.getNetwork(network.Id).remove());
  }
  for (const image of images) {
    if (dead(image.Labels[SESSION_LABEL]))
      await record(`image ${image.Id.slice(7, 19)}`, docker.getImage(image.Id).remove({ force: true }));
  }
  // An image that has not passed smoke has only a temporary name, which ends in the session's id.
  for (const name of temporary.flatMap((image) => image.RepoTags ?? [])) {
    const session = name.slice(name.lastIndexOf(':') + 1);
    if (name.startsWith(`${TEMPORARY_REPOSITORY}/`) && dead(session))
      await record(`image ${name}`, docker.getImage(name).remove({ force: true }));
  }
  for (const volume of volumes.Volumes ?? []) {
    if (dead(volume.Labels?.[SESSION_LABEL])) await record(`volume ${volume.Name}`, docker.getVolume(volume.Name).remove({ force: true }));
  }
  return removed;
}
