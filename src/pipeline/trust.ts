import { mountsOf } from '../engines/mounts.js';
import { UserError } from '../errors.js';
import { parseImageName } from '../images/name.js';
import type { RunRecord } from '../workspace/runrecord.js';

/** What a trace and its run record say. */
export interface Stored {
  trace: { image: { reference: string } };
  record: RunRecord;
  trusted: boolean;
}

/**
 * What repeating a run would do to this computer, beyond running a container with the defaults. A line for each.
 * @returns an empty list where there is nothing of that kind
 */
export function reachesOut({ trace, record }: Pick<Stored, 'trace' | 'record'>): string[] {
  const found: string[] = [];
  const { reference } = trace.image;
  const { transport } = parseImageName(reference);
  for (const { exercise, done } of record.runs) {
    const { args, run, reset, compose, steps = [] } = exercise;
    if (transport === 'host') found.push(`run on this computer: ${args.join(' ')}`);
    if (transport === 'rootfs') found.push(`show the app the folder ${reference.slice('rootfs:'.length)} of this computer`);
    if (compose) found.push(`bring up the services of ${compose.file}`);
    const scripts = [...steps, ...done].flatMap((step) => (step.kind === 'script' ? [step.command] : []));
    found.push(...[...reset, ...scripts].map((command) => `run on this computer: ${command}`));
    for (const { type, source } of mountsOf(run))
      if (type !== 'tmpfs' && source !== undefined) found.push(`mount ${source} into the container`);
    found.push(...run.device.map((device) => `give it the device ${device}`));
    if (run.gpus !== undefined) found.push(`give it the GPUs ${run.gpus}`);
    found.push(...run.capAdd.map((capability) => `give it the capability ${capability}`));
    found.push(...run.securityOpt.map((option) => `run it with --security-opt ${option}`));
    found.push(...run.publish.map((port) => `publish the port ${port}`));
    if (run.network !== undefined && run.network !== 'none') found.push(`join it to the network ${run.network}`);
  }
  return [...new Set(found)];
}

/**
 * Refuses to do what a run record says that this user has not written.
 * @param trust whether the user has read it and agrees
 * @throws UserError that lists what would be done
 */
export function requireTrust(stored: Stored, paths: readonly string[], trust: boolean): void {
  if (stored.trusted || trust) return;
  const found = reachesOut(stored);
  if (found.length === 0) return;
  throw new UserError(
    `The run record of ${paths.join(', ')} was not written by you on this computer, or it was changed. It would: ${found.join('; ')}.`,
    'Read it, and give --trust if you agree. Or make a trace of your own with `pyshrink trace IMAGE`.',
  );
}
