import { isAdded } from '../os/places.js';
import { above } from '../python/classify.js';
import { baseName, type RootFs } from '../rootfs.js';
import { KERNEL_DIRECTORIES, TOOL_FOLDERS } from './data/directories.js';
import type { Addition } from './reason.js';
import type { Rule } from './rule.js';

/** Where apps have their files, beside the places that are only for them. Source: FHS 3.0, 3.7 (/etc), 3.15 (/run) and 5 (/var). */
const SHARED_PLACES = /^\/(etc|run|var)\//;

/** What belongs to some Python. Source: Lib/sysconfig.py, `posix_prefix`. */
const OF_PYTHON = /\/lib(64)?\/python\d/;

/**
 * Folders without files (from the level `reachable` on) that no package brought: the app's author made them, so that the app can
 * write there. `RUN mkdir /srv/uploads` is one.
 */
export const emptyFoldersRule: Rule = {
  name: 'runtime',
  async begin({ fs, python, trace }) {
    const additions: Addition[] = [];
    // Those of the computer itself are not only this app's.
    if (trace.image.shared) return additions;
    for (const path of withoutFiles(fs)) {
      if (!(isAdded(path) || SHARED_PLACES.test(path)) || KERNEL_DIRECTORIES.test(path) || TOOL_FOLDERS.test(path)) continue;
      if (OF_PYTHON.test(path) || python?.isInstalled(path)) continue;
      if (await python?.packages.hasFolder(path)) continue;
      additions.push({ path, rule: 'runtime', kind: 'empty', parents: [] });
    }
    return additions;
  },
};

/** Folders in which there is nothing but folders and markers such as .gitkeep. */
function withoutFiles(fs: RootFs): string[] {
  const withFiles = new Set<string>();
  for (const { path, type, size } of fs.entries.values()) {
    if (type === 'd' || (type === 'f' && size === 0 && baseName(path).startsWith('.'))) continue;
    for (const folder of above(path, '')) {
      if (withFiles.has(folder)) break;
      withFiles.add(folder);
    }
  }
  return [...fs.entries.values()].flatMap(({ path, type }) => (type === 'd' && path !== '/' && !withFiles.has(path) ? [path] : []));
}
