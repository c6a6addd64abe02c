import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { hasStopped, LifeSign } from './lifesign.js';
import { startTimeOf } from './processes.js';

/** A process that owns something on disk or in a daemon. Another process can find out whether it has ended. */
export const Owner = z.object({
  host: z.string(),
  /** /etc/machine-id of machine-id(5): another computer may have the same host name. */
  computer: z.string().nullable().default(null),
  /** The kernel's identifier of this boot (random(4), boot_id). */
  boot: z.string().nullable().default(null),
  /** The PID namespace, as pid_namespaces(7) names it: process ids mean something only in it. */
  namespace: z.string().nullable().default(null),
  pid: z.number().int().positive(),
  /** When the process started, in clock ticks since boot. It shows whether another process has the same id now. */
  start: z.string().nullable(),
  /** What processes of other PID namespaces ask. It lies beside the file that names the owner. */
  sign: LifeSign.nullable().default(null),
});
export type Owner = z.infer<typeof Owner>;

/** This process. What the system does not say is null. @param sign one that it has given */
export async function thisOwner(sign: LifeSign | null = null): Promise<Owner> {
  const line = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).trim() || null;
  return {
    host: hostname(),
    computer: await line('/etc/machine-id'),
    boot: await line('/proc/sys/kernel/random/boot_id'),
    namespace: await readlink('/proc/self/ns/pid').catch(() => null),
    pid: process.pid,
    start: (await startTimeOf(process.pid)) ?? null,
    sign,
  };
}

/** Reads what {@link thisOwner} has written as JSON; undefined for anything else. */
export function parseOwner(text: string): Owner | undefined {
  try {
    return Owner.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether a process is, or was, of this computer and this PID namespace, so that it can be asked by its id. */
export async function isNear(owner: Owner): Promise<boolean> {
  const here = await thisOwner();
  if (owner.host !== here.host || (owner.computer !== null && owner.computer !== here.computer)) return false;
  // A host name alone does not tell a computer that was started again from another one: many virtual machines share one.
  if (owner.boot !== here.boot && owner.boot !== null) return owner.computer !== null;
  return owner.namespace === null || owner.namespace === here.namespace;
}

/**
 * Whether a process has provably ended. One of another PID namespace of the same kernel is asked by its sign of life. One of
 * another computer can't be asked, and is taken to run.
 * @param folder where its sign lies; undefined where it can't be reached
 */
export async function hasEnded(owner: Owner, folder?: string): Promise<boolean> {
  const { boot } = await thisOwner();
  if (!(await isNear(owner))) {
    const sameKernel = owner.boot !== null && owner.boot === boot;
    return sameKernel && owner.sign !== null && folder !== undefined && hasStopped(join(folder, owner.sign.name), owner.sign);
  }
  if (owner.boot !== null && owner.boot !== boot) return true; // the computer was started again
  if (owner.start !== null) return (await startTimeOf(owner.pid)) !== owner.start;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}
