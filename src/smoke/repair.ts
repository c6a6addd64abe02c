import type { LibrarySearch } from '../elf/search.js';
import type { ModuleFinder } from '../python/finder.js';
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
    for (let module = name as string; module; module = module.slice(0, Math.max(0, module.lastIndexOf('.')))) {
      const file = finder.find(module)?.file;
      if (file !== undefined) repairs.push({ path: finder.kept(file), because: `no module named '${name}' in the shrunk image` });
    }
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
