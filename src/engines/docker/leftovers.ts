import type Dockerode from 'dockerode';
import { debug } from '../../debug.js';
import { messageOf } from './client.js';
import { listImages } from './image.js';
import { ROLE_LABEL, SESSION_LABEL, TEMPORARY_REPOSITORY } from './labels.js';

/** Seconds that a session may take to start its helper. */
const GRACE = 60;

/**
 * Removes what dead sessions left on the daemon and returns the names of it.
 *
 * A session is alive as long as its helper container runs. The helper ends when the client's connection ends, also if the
 * client was killed, or ran elsewhere and lost its network. So no process ids have to be compared.
 */
export async function removeLeftovers(docker: Dockerode): Promise<string[]> {
  const filters = { label: [SESSION_LABEL] };
  const [containers, images, volumes, temporary] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    listImages(docker, { all: false, filters }),
    docker.listVolumes({ filters }),
    listImages(docker, { filters: { reference: [`${TEMPORARY_REPOSITORY}/*`] } }),
  ]);
  const live = new Set<string | undefined>();
  const young = (created: number) => Date.now() / 1000 - created < GRACE;
  const helpers = new Set<string | undefined>();
  for (const container of containers) {
    if (container.Labels[ROLE_LABEL] !== 'helper') continue;
    const session = container.Labels[SESSION_LABEL];
    helpers.add(session);
    if (container.State === 'running' || (container.State === 'created' && young(container.Created))) live.add(session);
  }
  for (const volume of volumes.Volumes ?? []) {
    const session = volume.Labels?.[SESSION_LABEL];
    const created = Date.parse((volume as { CreatedAt?: string }).CreatedAt ?? '') / 1000;
    if (!helpers.has(session) && young(created)) live.add(session);
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
