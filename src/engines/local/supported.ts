import { usageError } from '../../errors.js';
import { limitOfPids, type RunOptions } from '../runoptions.js';

/**
 * @param unlimited why no limits can be set, as a clause; undefined where they can
 * @throws UserError (usage) for run options that the local engine can't honour
 */
export function requireSupported(run: RunOptions, unlimited: string | undefined): void {
  const option = run.securityOpt.find((text) => !/^no-new-privileges(:true|=true)?$/.test(text));
  if (option !== undefined)
    throw usageError(`--security-opt ${option}: the local engine has no security profiles.`, 'Leave it out, or use a Docker daemon.');
  if (run.tty) throw usageError('-t: the local engine has no terminals.', 'Leave it out, or use a Docker daemon.');
  if (run.gpus !== undefined) throw usageError('--gpus: the local engine gives no access to GPUs.', 'Use a Docker daemon.');
  const limits = { '--memory': run.memory, '--pids-limit': limitOfPids(run), '--cpus': run.cpus };
  const limit = Object.entries(limits).find(([, value]) => value !== undefined)?.[0];
  if (limit !== undefined && unlimited !== undefined) throw usageError(`${limit}: ${unlimited}.`, 'Leave it out, or use a Docker daemon.');
}
