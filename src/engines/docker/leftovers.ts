import type Dockerode from 'dockerode';
import { ROLE_LABEL, SESSION_LABEL, TEMPORARY_REPOSITORY } from './labels.js';

/** A session that has no helper yet is given this long to start one. Seconds. */
const GRACE = 60;

/**
 * Removes what dead sessions have left on the daemon and returns its names.
 *
 * A session is alive as long as its helper container runs: the helper ends when the client's connection to it does,
 * also when the client was killed or was on another machine. So no process id has to be compared.
 */
export async function removeLeftovers(docker: Dockerode): Promise<string[]> {
  const filters = { label: [SESSION_LABEL] };
  const [containers, images, volumes, temporary] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listImages({ all: false, filters }),
    docker.listVolumes({ filters }),
    docker.listImages({ filters: { reference: [`${TEMPORARY_REPOSITORY}/*`] } }),
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
  const attempt = async (name: string, removal: Promise<unknown>) => {
    try {
      await removal;
      removed.push(name);
    } catch {
      // Somebody else was quicker.
    }
  };
  const dead = (session: string | undefined) => session !== undefined && !live.has(session);
  for (const container of containers) {
    if (dead(container.Labels[SESSION_LABEL])) {
      await attempt(`container ${container.Id.slice(0, 12)}`, docker.getContainer(container.Id).remove({ force: true, v: true }));
    }
  }
  for (const image of images) {
    if (dead(image.Labels[SESSION_LABEL]))
      await attempt(`image ${image.Id.slice(7, 19)}`, docker.getImage(image.Id).remove({ force: true }));
  }
  // Images that smoke has not passed bear only a temporary name, which ends in the session's id.
  for (const name of temporary.flatMap((image) => image.RepoTags ?? [])) {
    const session = name.slice(name.lastIndexOf(':') + 1);
    if (name.startsWith(`${TEMPORARY_REPOSITORY}/`) && dead(session))
      await attempt(`image ${name}`, docker.getImage(name).remove({ force: true }));
  }
  for (const volume of volumes.Volumes ?? []) {
    if (dead(volume.Labels?.[SESSION_LABEL])) await attempt(`volume ${volume.Name}`, docker.getVolume(volume.Name).remove({ force: true }));
  }
  return removed;
}
