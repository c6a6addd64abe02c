import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
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
});
export type Owner = z.infer<typeof Owner>;

/** This process. What the system does not say is null. */
export async function thisOwner(): Promise<Owner> {
  const line = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).trim() || null;
  return {
    host: hostname(),
    computer: await line('/etc/machine-id'),
    boot: await line('/proc/sys/kernel/random/boot_id'),
    namespace: await readlink('/proc/self/ns/pid').catch(() => null),
    pid: process.pid,
    start: (await startTimeOf(process.pid)) ?? null,
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

/** Whether a process is, or was, of this computer and this PID namespace, so that it can be asked. */
export async function isNear(owner: Owner): Promise<boolean> {
  const here = await thisOwner();
  if (owner.host !== here.host || (owner.computer !== null && owner.computer !== here.computer)) return false;
  const restarted = owner.boot !== null && owner.boot !== here.boot;
  return restarted || owner.namespace === null || owner.namespace === here.namespace;
}

/**
 * Whether a process has provably ended. A process of another computer or of another PID namespace can't be asked, so it is
 * taken to run.
 */
export async function hasEnded(owner: Owner): Promise<boolean> {
  if (!(await isNear(owner))) return false;
  const { boot } = await thisOwner();
  if (owner.boot !== null && owner.boot !== boot) return true; // the computer was started again
  if (owner.start !== null) return (await startTimeOf(owner.pid)) !== owner.start;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}
