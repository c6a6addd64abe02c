import { usageError } from '../../errors.js';
import type { RunOptions } from '../runoptions.js';

/**
 * @param cgroups whether control groups can be made
 * @throws UserError (usage) for run options that the local engine can't honour
 */
export function requireSupported(run: RunOptions, cgroups: boolean): void {
  const option = run.securityOpt.find((text) => !/^no-new-privileges(:true|=true)?$/.test(text));
  if (option !== undefined)
    throw usageError(`--security-opt ${option}: the local engine has no security profiles.`, 'Leave it out, or use a Docker daemon.');
  if (run.tty) throw usageError('-t: the local engine has no terminals.', 'Leave it out, or use a Docker daemon.');
  if (run.gpus !== undefined) throw usageError('--gpus: the local engine gives no access to GPUs.', 'Use a Docker daemon.');
  const limits = { '--memory': run.memory, '--pids-limit': run.pidsLimit, '--cpus': run.cpus };
  const limit = Object.entries(limits).find(([, value]) => value !== undefined)?.[0];
  if (limit !== undefined && !cgroups)
    throw usageError(
      `${limit}: the local engine can make no control group here, which a limit needs.`,
      'Leave it out, run pyshrink as root, or use a Docker daemon.',
    );
}
