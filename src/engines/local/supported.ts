import { usageError } from '../../errors.js';
import type { RunOptions } from '../runoptions.js';

/** @throws UserError (usage) for run options that containers without a runtime can't honour */
export function requireSupported(run: RunOptions): void {
  const option = run.securityOpt.find((text) => !/^no-new-privileges(:true|=true)?$/.test(text));
  if (option !== undefined)
    throw usageError(`--security-opt ${option}: the local engine has no security profiles.`, 'Leave it out, or use a Docker daemon.');
  if (run.tty) throw usageError('-t: the local engine has no terminals.', 'Leave it out, or use a Docker daemon.');
  if (run.gpus !== undefined) throw usageError('--gpus: the local engine gives no access to GPUs.', 'Use a Docker daemon.');
  if (run.memory !== undefined)
    throw usageError('--memory: the local engine sets no memory limits.', 'Leave it out, or use a Docker daemon.');
}
