import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Linux has its control groups (cgroups(7)). Version 1 has a directory for each controller there. */
const MOUNT = '/sys/fs/cgroup';

/** Path of a container's control group, below the mount of each controller. */
export function cgroupOf(name: string): string {
  return `/pyshrink/${name}`;
}

/** Removes a control group of all controllers, where there is one. No process is left in it. */
export async function removeCgroups(path: string): Promise<void> {
  const controllers = await readdir(MOUNT).catch(() => []);
  await Promise.all(['', ...controllers].map((name) => rmdir(join(MOUNT, name, path)).catch(() => {})));
}
