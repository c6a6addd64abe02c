import type { LibrarySearch } from '../elf/search.js';
import { edgesOf } from '../python/edges.js';
import type { ModuleFinder } from '../python/finder.js';
import type { Summarize } from '../python/summary.js';
import { parentOf, type RootFs } from '../rootfs.js';

/** A path to add, and what has shown that it is missing. */
export interface Repair {
  path: string;
  because: string;
}

export interface RepairInput {
  /** The original's file system. */
  fs: RootFs;
  finder: ModuleFinder;
  summarize: Summarize;
  libraries: LibrarySearch;
  /** Folders on sys.path: what is in them is looked for by name, never by listing. */
  searchPath: readonly string[];
  /** Paths that were looked up in the shrunk image in vain, and that the original has. */
  missing: readonly string[];
  /** What the shrunk image said, where it differs. */
  said: string;
  /** Directories listed in the shrunk image. */
  listed: readonly string[];
  /** Whether the shrunk image has a path. */
  has: (path: string) => boolean;
}

/** What to add to a shrunk image that behaves differently: what it looked for in vain, by path, module or library name. */
export async function repairsFor(input: RepairInput): Promise<Repair[]> {
  const { fs, finder, libraries, missing, said, listed, searchPath, has } = input;
  const repairs: Repair[] = missing.map((path) => ({ path, because: 'looked up in the shrunk image, in vain' }));
  for (const [, name] of said.matchAll(/No module named '([\w.]+)'/g)) {
    for (const path of await withImports(name as string, input))
      repairs.push({ path: finder.kept(path), because: `no module named '${name}' in the shrunk image` });
  }
  for (const [, name] of said.matchAll(/(?:^|[\s'"])([\w./+-]+\.so[\w.]*): cannot open shared object file/g)) {
    for (const path of await libraries.named(name as string))
      repairs.push({ path, because: `the library ${name} was not found in the shrunk image` });
  }
  const found = repairs.filter(({ path }) => fs.resolve(path) && !has(path));
  if (found.length > 0 || said === '') return found;
  // Nothing was looked for by name: then it may be that a listing came out shorter.
  const searched = new Set(searchPath.map((path) => fs.resolve(path)?.path));
  for (const directory of listed) {
    const real = fs.resolve(directory)?.path;
    if (real === undefined || searched.has(real) || searched.has(parentOf(real)) || real === '/') continue;
    for (const path of fs.list(real)) if (!has(path)) found.push({ path, because: `${directory} was listed, and the answers differ` });
  }
  return found;
}

/** Files of a module, of its packages, and of all that importing it imports: what it lacks next would only be told next. */
async function withImports(name: string, { finder, summarize, has }: RepairInput): Promise<Set<string>> {
  const files = new Set<string>();
  let modules = name.split('.').flatMap((_, index, parts) => finder.find(parts.slice(0, index + 1).join('.')) ?? []);
  while (modules.length > 0) {
    const fresh = modules.filter(({ file }) => file !== undefined && !files.has(file) && (files.size === 0 || !has(finder.kept(file))));
    for (const { file } of fresh) files.add(file as string);
    const sources = fresh.filter(({ kind }) => kind === 'source');
    const summaries = await summarize(
      sources.map(({ file }) => file as string),
      [],
    );
    modules = sources.flatMap(({ name: own, search, file }) => {
      const summary = summaries.get(file as string);
      const self = { name: own, package: search !== undefined, kind: 'source', origin: 'standard' } as const;
      return summary ? edgesOf(self, summary, finder).flatMap((edge) => (edge.statement && edge.scope === '' ? [edge.module] : [])) : [];
    });
  }
  return files;
}
