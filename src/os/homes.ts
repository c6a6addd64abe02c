import { type RootFs, readText } from '../rootfs.js';
import { isAdded } from './places.js';

/** The homes in an image, by passwd(5). */
export interface Homes {
  /** That of one user. Undefined where it is not known. */
  user: string | undefined;
  /** Those in places for people and apps. The others are those of services: /usr/sbin, /var/lib/postgresql. */
  added: readonly string[];
}

/** @param user name or number; may have a group: `app`, `1000:1000`. Default: root */
export async function homesIn(fs: RootFs, user: string | undefined): Promise<Homes> {
  const wanted = user?.split(':')[0] || '0';
  const rows = ((await readText(fs, '/etc/passwd')) ?? '').split('\n').map((line) => line.split(':'));
  return {
    user: rows.find(([name, , id]) => name === wanted || id === wanted)?.[5],
    added: rows.flatMap(([, , , , , home]) => (home?.startsWith('/') && home !== '/' && isAdded(home) ? [home] : [])),
  };
}
