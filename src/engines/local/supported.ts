import { usageError } from '../../errors.js';
import { parsePublication } from '../resources.js';
import type { RunOptions } from '../runoptions.js';

/** @throws UserError (usage) for run options that containers without a runtime can't honour */
export function requireSupported(run: RunOptions): void {
  if (run.network !== undefined && run.network !== 'none' && run.network !== 'host')
    throw usageError(
      `--network ${run.network}: the local engine has the network of this computer (host, the default) or none.`,
      'Choose one of them, or use a Docker daemon.',
    );
  const option = run.securityOpt.find((text) => !/^no-new-privileges(:true|=true)?$/.test(text));
  if (option !== undefined)
    throw usageError(`--security-opt ${option}: the local engine has no security profiles.`, 'Leave it out, or use a Docker daemon.');
  const mapped = run.publish.map(parsePublication).find(({ host, container }) => host !== String(container));
  if (mapped)
    throw usageError(
      `-p ${mapped.host}:${mapped.container}: containers of the local engine use the ports of this computer, so no port can be mapped.`,
      'Leave it out, as the exercise needs no published port; or use a Docker daemon.',
    );
  if (run.tty) throw usageError('-t: the local engine has no terminals.', 'Leave it out, or use a Docker daemon.');
  if (run.gpus !== undefined) throw usageError('--gpus: the local engine gives no access to GPUs.', 'Use a Docker daemon.');
  if (run.memory !== undefined)
    throw usageError('--memory: the local engine sets no memory limits.', 'Leave it out, or use a Docker daemon.');
}
