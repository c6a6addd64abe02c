import { debug } from '../debug.js';
import { usageError } from '../errors.js';
import type { ImageName } from '../images/name.js';
import { NoDaemonError } from './docker/client.js';
import { DockerEngine } from './docker/docker.js';
import type { Engine } from './engine.js';
import { HostEngine } from './host/host.js';
import { LocalEngine } from './local/local.js';

/** What the user may choose with `--engine`. */
export const ENGINES = ['docker', 'local'] as const;
export type EngineName = (typeof ENGINES)[number];

/**
 * Chooses the engine for an image. Without `wish`: the Docker daemon that the user names by DOCKER_HOST or a context, which
 * must answer; else one at the usual sockets if it answers, else Linux namespaces.
 * @param wish the user's choice
 * @param name the image to open; `host:` has an engine of its own
 * @throws UserError where the wanted engine is not there, or can't run that image
 */
export async function chooseEngine(wish: EngineName | undefined, name?: ImageName): Promise<Engine> {
  const engine = await find(wish, name);
  if (debug.engine.enabled) debug.engine('engine: %s', await engine.describe());
  return engine;
}

async function find(wish: EngineName | undefined, name: ImageName | undefined): Promise<Engine> {
  if (name?.transport === 'host') {
    if (wish === 'docker')
      throw usageError('host: is a command of this computer, and a Docker daemon can only run containers.', 'Leave out --engine docker.');
    return new HostEngine();
  }
  if (wish === 'local') return new LocalEngine();
  try {
    return await DockerEngine.open();
  } catch (error) {
    if (wish === 'docker' || !(error instanceof NoDaemonError)) throw error;
    debug.engine('no Docker daemon: %s', error.message);
    return new LocalEngine(error.message);
  }
}
