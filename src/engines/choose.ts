import { UserError } from '../errors.js';
import { DockerEngine } from './docker/docker.js';
import type { Engine } from './engine.js';
import { LocalEngine } from './local/local.js';

export const ENGINES = ['docker', 'local'] as const;
export type EngineName = (typeof ENGINES)[number];

/**
 * The engine that was asked for; without a wish, the daemon where one answers, and this machine's own namespaces where
 * none does.
 */
export async function chooseEngine(wish: EngineName | undefined, reference?: string): Promise<Engine> {
  // No daemon has a part in what runs on this machine.
  if (wish === 'local' || (reference === 'host:' && wish === undefined)) return new LocalEngine();
  try {
    return await DockerEngine.open();
  } catch (error) {
    if (wish === 'docker' || !(error instanceof UserError)) throw error;
    return new LocalEngine(error.message);
  }
}
