import { readFile, writeFile } from 'node:fs/promises';
import type { Mapping } from './oci/config.js';

/**
 * Maps each user and group of our own user namespace onto itself (user_namespaces(7)). All of them, not only 0 to 65535: a file
 * of an image may belong to a larger id, and could not be unpacked or read without it. A larger map gives no more rights, since
 * capabilities mean nothing outside, and the container sees no files but its own.
 */
export async function mapIdentically(pid: number): Promise<void> {
  for (const name of ['uid_map', 'gid_map']) {
    await writeFile(`/proc/${pid}/${name}`, await ownRows(name));
  }
}

/** @param ours lines `INSIDE OUTSIDE COUNT` of /proc/self/uid_map */
export function identityMap(ours: string): string {
  return ours
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([inside, , count]) => (inside && count ? `${inside} ${inside} ${count}\n` : []))
    .join('');
}

/** Rows for one of the two kinds of ids, as /proc/PID/uid_map has them. */
async function ownRows(name: string): Promise<string> {
  return identityMap(await readFile(`/proc/self/${name}`, 'utf8'));
}

/** Rows that map each user and group of our own user namespace onto itself. */
export async function ownMappings(): Promise<{ users: Mapping[]; groups: Mapping[] }> {
  const rows = async (name: string) =>
    (await ownRows(name))
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number) as unknown as Mapping);
  return { users: await rows('uid_map'), groups: await rows('gid_map') };
}
