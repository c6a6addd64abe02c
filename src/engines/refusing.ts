import { capabilities } from './capabilities.js';
import type { ContainerSpec } from './engine.js';

/**
 * A command line that first refuses itself the system calls that Docker's default seccomp profile refuses (probes/refused.py),
 * for runtimes whose own profile allows more. The user's own profile, also `unconfined`, stays alone.
 */
export function refusing({ refuser, run }: Pick<ContainerSpec, 'refuser' | 'run'>, command: readonly string[]): string[] {
  if (!refuser || run.securityOpt.some((option) => /^seccomp[=:]/.test(option))) return [...command];
  return [...refuser, JSON.stringify(capabilities(run.capAdd, run.capDrop)), ...command];
}
