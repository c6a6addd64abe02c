import { vi } from 'vitest';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import type { NamespaceSupport } from '../../src/engines/local/namespaces.js';
import { LocalSession } from '../../src/engines/local/session.js';
import { SessionFolder } from '../../src/engines/sessionfolder.js';
import { openDockerArchive } from '../../src/images/transports/dockerarchive/source.js';
import { ROOTFUL, ROOTLESS } from './podman.js';

/** The services of Docker's API that are here: Docker, and Podman of fixtures/podman.sh. Without a host: the default one. */
export const DAEMONS: [name: string, host?: string][] = [
  ['Docker'],
  ...(ROOTFUL === undefined ? [] : [['Podman', `unix://${ROOTFUL}`] as [string, string]]),
  ...(ROOTLESS === undefined ? [] : [['Podman without root', `unix://${ROOTLESS}`] as [string, string]]),
];

/** A session of the local engine, with the image of a directory. */
export async function localSession(support: NamespaceSupport, root: string): Promise<[LocalSession, ImageInfo, SessionFolder]> {
  const folder = await SessionFolder.create();
  const session = new LocalSession(folder, support);
  return [session, await session.importDirectory('rootfs:', root), folder];
}

/** A session of a daemon, with an image of which Docker has the archive `saved`. */
export async function daemonSession(host: string | undefined, image: string, saved: string): Promise<[Session, ImageInfo]> {
  vi.stubEnv('DOCKER_HOST', host);
  const session = await (await DockerEngine.open().finally(() => vi.unstubAllEnvs())).openSession();
  return [session, await session.importImage(await openDockerArchive(image, saved, undefined, () => session.spool()))];
}
