import type { ComposeProject } from '../compose/project.js';
import type { EngineFeatures } from '../engines/engine.js';
import { mountsOf } from '../engines/mounts.js';
import { parsePublication } from '../engines/resources.js';
import type { RunOptions } from '../engines/runoptions.js';
import type { Exercise } from '../exercise/exercise.js';
import { ANYTHING, behindHosts, HOST_NETWORK, type Shared, written } from '../sharing.js';

/**
 * What a run has in common with other runs, so that one of them may find what another has changed.
 * @param project the compose file that it belongs to
 */
export function sharedBy(
  { run, reset, steps = [], compose }: Pick<Exercise, 'run' | 'reset' | 'steps' | 'compose'>,
  { ownPorts }: Pick<EngineFeatures, 'ownPorts'>,
  project?: Pick<ComposeProject, 'shared'>,
): Shared[] {
  return [
    ...(reset.length > 0 || steps.some(({ kind }) => kind === 'script') ? [ANYTHING] : []),
    ...mountsOf(run).flatMap(({ type, source, readOnly }) => {
      if (source === undefined || type === 'tmpfs') return [];
      return { name: type === 'bind' ? source : `volume:${source}`, writes: !readOnly };
    }),
    ...networkOf(run, ownPorts),
    ...run.publish.map(parsePublication).flatMap(({ host }) => (host === '' ? [] : [written(`${HOST_NETWORK}/${host}`)])),
    ...behindHosts(run.addHost),
    ...(run.device.length > 0 || run.gpus !== undefined ? [written('device')] : []),
    ...(compose && project ? project.shared(compose.service) : []),
  ];
}

/** A network of the user has services with a state, and the network of this computer has each port once. */
function networkOf({ network }: Pick<RunOptions, 'network'>, ownPorts: boolean): Shared[] {
  if (network === undefined) return ownPorts ? [] : [written(HOST_NETWORK)];
  return ['none', 'bridge', 'default'].includes(network) ? [] : [written(`network:${network}`)];
}
