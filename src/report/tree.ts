import { type Entry, parentOf, RootFs } from '../rootfs.js';
import type { KeepReport } from '../workspace/keepreport.js';

interface Paths extends Pick<KeepReport, 'links'> {
  kept: Readonly<Record<string, Pick<KeepReport['kept'][string], 'type'>>>;
  omitted: Readonly<Record<string, unknown>>;
}

/** A tree of the original's paths: files, folders and links, as far as a search for a module or a path needs them. */
export function treeOf({ kept, omitted, links }: Paths): RootFs {
  const entries = new Map<string, Entry>();
  const add = (path: string, type: 'f' | 'd') => {
    if (entries.get(path)?.type === 'd') return;
    entries.set(path, { path, type, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 });
  };
  for (const path of [...Object.keys(kept), ...Object.keys(omitted)]) {
    for (let at = parentOf(path); !entries.has(at) || entries.get(at)?.type === 'f'; at = parentOf(at)) {
      add(at, 'd');
      if (at === '/') break;
    }
    add(path, kept[path]?.type === 'd' ? 'd' : 'f');
  }
  for (const [path, target] of Object.entries(links)) {
    const entry = entries.get(path);
    if (entry) entries.set(path, { ...entry, type: 'l', target }); // a damaged file may name another path
  }
  return new RootFs(entries, async () => new Uint8Array());
}
