import type { ComposeProject } from '../compose/project.js';
import type { EngineFeatures } from '../engines/engine.js';
import { mountsOf } from '../engines/mounts.js';
import { parsePublication } from '../engines/resources.js';
import type { RunOptions } from '../engines/runoptions.js';
import type { Exercise } from '../exercise/exercise.js';
import { within } from '../paths.js';

/** What commands of the user may change on this computer. */
const COMPUTER = 'computer';

/**
 * What a run has in common with other runs, so that one of them may find what another has changed.
 * @param project the compose file that it belongs to
 * @returns absolute paths of folders, and names with a kind before a colon
 */
export function sharedBy(
  { run, reset, steps = [], compose }: Pick<Exercise, 'run' | 'reset' | 'steps' | 'compose'>,
  { ownPorts }: Pick<EngineFeatures, 'ownPorts'>,
  project?: Pick<ComposeProject, 'shared'>,
): string[] {
  return [
    ...(reset.length > 0 || steps.some(({ kind }) => kind === 'script') ? [COMPUTER] : []),
    ...mountsOf(run).flatMap(({ type, source, readOnly }) => {
      if (source === undefined || type === 'tmpfs' || readOnly) return [];
      return type === 'bind' ? [source] : [`volume:${source}`];
    }),
    ...networkOf(run, ownPorts),
    ...run.publish.map(parsePublication).flatMap(({ host }) => (host === '' ? [] : [`port:${host}`])),
    ...(run.device.length > 0 || run.gpus !== undefined ? ['device'] : []),
    ...(compose && project ? project.shared(compose.service) : []),
  ];
}

/** A network of the user has services with a state, and the network of this computer has each port once. */
function networkOf({ network }: Pick<RunOptions, 'network'>, ownPorts: boolean): string[] {
  if (network === undefined) return ownPorts ? [] : ['network:host'];
  return ['none', 'bridge', 'default'].includes(network) ? [] : [`network:${network}`];
}

/** Whether two runs have something in common. */
export function clash(one: readonly string[], other: readonly string[]): boolean {
  return one.some((name) =>
    other.some((another) => (name.startsWith('/') ? within(name, another) || within(another, name) : name === another)),
  );
}
