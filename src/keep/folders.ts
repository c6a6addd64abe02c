import { baseName, below, type Entry } from '../rootfs.js';
import { expandGlob } from './globs.js';
import { ofPython, packageOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Offer, Rule } from './rule.js';
import { isProgram } from './scripts.js';

/** Folders with the data, the plugins, the helpers and the configuration of one program. Source: FHS 3.0, 3.7, 4.6, 4.7 and 4.11. */
const PLACES = ['/usr/share', '/usr/lib', '/usr/lib/*-linux-gnu', '/usr/libexec', '/etc'];

/**
 * Folders that have the name of a kept program, or of its package, where the app's author installed that package by its name (from the
 * level `reachable` on): templates of pandoc, formats of sox. Each is an offer: kept where it is cheap.
 */
export class FoldersRule implements Rule {
  readonly name = 'system';
  private readonly done = new Set<string>();

  async visit({ path, type }: Entry, context: Context): Promise<Offer[]> {
    if (type !== 'f' || !context.python || !isProgram(path, context) || ofPython(baseName(path))) return [];
    const owner = (await packageOnPurpose(path, context))?.replace(/:\w+$/, '');
    if (owner === undefined) return [];
    const { fs } = context;
    const names = [...new Set([owner, baseName(path)])].filter((name) => !this.done.has(name));
    for (const name of names) this.done.add(name);
    const folders = names.flatMap((name) => PLACES.flatMap((place) => expandGlob(fs, `${place}/${name}`)));
    return folders.flatMap((folder): Offer[] => {
      const inside = fs.lstat(folder)?.type === 'd' ? below(fs, folder) : [];
      if (inside.length === 0) return [];
      const because = { rule: 'system', kind: 'folder', subject: baseName(folder) } as const;
      return [{ offer: 'call', additions: [folder, ...inside].map((one): Addition => ({ path: one, ...because, parents: [path] })) }];
    });
  }
}
