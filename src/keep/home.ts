import { homesIn } from '../os/homes.js';
import { isAdded } from '../os/places.js';
import type { Summary } from '../python/summary.js';
import { baseName, below, type Entry, join, push } from '../rootfs.js';
import { HOME_SHELVES, TOOL_CACHES, TOOL_FOLDERS } from './data/directories.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';

/**
 * Data in the home of the image's user (from the level `reachable` on): models and corpora that a library looks for in `~/.cache` or
 * `~`, where the author of the image put them. A folder counts once kept code has its name.
 */
export class HomeRule implements Rule {
  readonly name = 'configured';
  /** Name of a folder or file → where it is. */
  private readonly waiting = new Map<string, string[]>();

  async begin(context: Context): Promise<Addition[]> {
    const { fs, python, environment, config } = context;
    const home = python && (environment.HOME || (await homesIn(fs, config.User)).user);
    // Other homes in the system's folders are those of services: /usr/sbin, /var/lib/postgresql.
    if (home === undefined || home === '/' || !(isAdded(home) || home === '/root')) return [];
    const shelves = HOME_SHELVES.flatMap((shelf) => fs.resolve(join(home, shelf))?.path ?? []);
    for (const path of shelves.flatMap((shelf) => fs.list(shelf))) {
      const isTools = TOOL_CACHES.test(baseName(path)) || TOOL_FOLDERS.test(path);
      if (!shelves.includes(path) && !isTools) push(this.waiting, baseName(path), path);
    }
    return [];
  }

  visit({ path }: Entry, { fs, python }: Context): Addition[] {
    if (!python || this.waiting.size === 0 || python.isStandard(path)) return [];
    return python.codeIn(path).flatMap(({ summary }) =>
      namesIn(summary).flatMap((name) => {
        const found = this.waiting.get(name) ?? [];
        this.waiting.delete(name);
        return found.flatMap((folder) => {
          const because = { rule: 'configured', kind: 'home', subject: name } as const;
          const all = below(fs, fs.resolve(folder)?.path ?? folder);
          // Own code and what is beside it is kept anyway, without its tests.
          const isCode = all.some((one) => one.endsWith('.py') && python.isOwn(one));
          const inside = isCode ? [] : all.filter((one) => !python.isInstalled(one) && !python.isStandard(one));
          return [folder, ...inside].map((one): Addition => ({ path: one, ...because, parents: [path] }));
        });
      }),
    );
  }
}

/** Strings of code, and the parts of those that are paths. */
function namesIn({ strings, relative, paths }: Summary): string[] {
  return [...strings, ...[...relative, ...paths].flatMap((text) => text.split('/'))];
}
