import { type Entry, push } from '../rootfs.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';
import { isInPath, pathFolders } from './scripts.js';

/** Where Debian has the links that lead to one of several programs. Source: update-alternatives(1). */
const ALTERNATIVES = /^\/etc\/alternatives\//;

/**
 * Other names in PATH of a kept program (from the level `reachable` on), which take no bytes: Debian's alternatives (`pybabel` for
 * pybabel-python3), and links of the program's own package (`gunicorn3`).
 */
export class OtherNamesRule implements Rule {
  readonly name = 'links';
  /** By the program. */
  private names: Promise<ReadonlyMap<string, readonly string[]>> | undefined;

  async visit({ path, type }: Entry, context: Context): Promise<Addition[]> {
    if (type !== 'f' || !isInPath(path, context)) return [];
    this.names ??= namesIn(context);
    const names = (await this.names).get(path) ?? [];
    return names.map((name): Addition => ({ path: name, rule: 'links', kind: 'other-name', parents: [path] }));
  }
}

async function namesIn(context: Context): Promise<ReadonlyMap<string, readonly string[]>> {
  const { fs, python } = context;
  const names = new Map<string, string[]>();
  for (const path of new Set(pathFolders(context).flatMap((folder) => fs.list(folder)))) {
    const entry = fs.lstat(path);
    const real = entry?.type === 'l' ? fs.resolve(path) : undefined;
    if (real?.entry.type !== 'f') continue;
    const owner = await python?.packages.ownerOf(path);
    const isOfPackage = owner !== undefined && owner === (await python?.packages.ownerOf(real.path));
    if (isOfPackage || ALTERNATIVES.test(entry?.target ?? '')) push(names, real.path, path);
  }
  return names;
}
