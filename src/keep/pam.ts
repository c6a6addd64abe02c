import { readText } from '../rootfs.js';
import { LIBRARIES } from './data/systemrow.js';
import { expandGlob } from './globs.js';
import type { Addition } from './reason.js';
import type { Context } from './rule.js';

/** What says which modules PAM loads. Source: pam.d(5). */
const CONFIGURATION = /^\/etc\/pam(\.conf$|\.d\/[^/]+$)/;

/** Where they are where /lib is no link to /usr/lib: in Debian before 12, and in Alpine. */
const OLD = ['/lib', '/lib64', '/lib/*-linux-gnu'];

/** The modules that a kept configuration of PAM names. */
export async function pamModules(path: string, { fs }: Pick<Context, 'fs'>): Promise<Addition[]> {
  if (!CONFIGURATION.test(path)) return [];
  const text = ((await readText(fs, path)) ?? '').replace(/#.*/g, '');
  return [...new Set(text.match(/(?<=\s)[\w./-]+\.so(?=\s|$)/g))].flatMap((module) => {
    const places = module.startsWith('/')
      ? [module]
      : [...LIBRARIES, ...OLD].flatMap((folder) => expandGlob(fs, `${folder}/security/${module}`));
    return places.map((place): Addition => ({ path: place, rule: 'system', kind: 'string', subject: module, of: 'pam', parents: [path] }));
  });
}
