import { debug } from '../debug.js';
import type { LibrarySearch } from '../elf/search.js';
import type { Analyst } from '../keep/python/world.js';
import { matcher } from '../keep/user.js';
import { edgesOf } from '../python/edges.js';
import { ModuleFinder } from '../python/finder.js';
import type { PythonLayout } from '../python/layout.js';
import { baseName, parentOf, type RootFs } from '../rootfs.js';
import type { Repair } from '../trace/schema.js';
import { hasSourceOf } from './lookups.js';

export interface RepairInput {
  /** The original's file system. */
  fs: RootFs;
  layout: PythonLayout;
  analyst: Analyst;
  libraries: LibrarySearch;
  /** Paths that the shrunk image looked up and did not find, and that the original has. */
  missing: readonly string[];
  /** Everything that the shrunk image printed and answered, where its answers differ; else empty. */
  said: string;
  /** Everything that the original printed and answered. A module or library that it misses itself needs no repair. */
  originalSaid: string;
  /** Those of `missing` that no traced run looked up. */
  further: readonly string[];
  /** Globs of paths that the user leaves out: they are not added. */
  exclude: readonly string[];
  /** Directories that were listed in the shrunk image. */
  listed: readonly string[];
  /** Whether the shrunk image has a path. */
  has: (path: string) => boolean;
}

/** What to add to a shrunk image that behaves differently: what it looked for, by a path or by the name of a module or library. */
export async function repairsFor(input: RepairInput): Promise<Repair[]> {
  const { fs, missing, further, has, said } = input;
  const globs = input.exclude.map(matcher);
  const candidates: Repair[] = [
    ...missing.map((path): Repair => ({ path, kind: further.includes(path) ? 'further' : 'lookup' })),
    ...(await missingModules(input)),
    ...(await missingLibraries(input)),
  ];
  const found = new Map<string, Repair>();
  for (const repair of candidates) {
    if (!fs.resolve(repair.path)) debug.smoke('no repair: the original does not have %s (%s)', repair.path, repair.kind);
    else if (has(repair.path)) debug.smoke('no repair: the shrunk image has %s (%s)', repair.path, repair.kind);
    else if (globs.some((matches) => matches(repair.path))) debug.smoke('no repair: the user leaves out %s', repair.path);
    else if (hasSourceOf(repair.path, fs, has)) debug.smoke('no repair: the shrunk image has the source of %s', repair.path);
    else if (!found.has(repair.path)) found.set(repair.path, repair);
  }
  if (found.size > 0 || said === '') return [...found.values()];
  return shorterListings(input).filter(({ path }) => !globs.some((matches) => matches(path)) && !hasSourceOf(path, fs, has));
}

/** Modules that the shrunk image did not find. For a module in an archive, the archive. */
async function missingModules(input: RepairInput): Promise<Repair[]> {
  const { fs, layout, analyst, said, originalSaid } = input;
  const names = new Set([...said.matchAll(/No module named '([\w.]+)'/g)].map(([, name]) => name as string));
  for (const name of names) if (originalSaid.includes(`No module named '${name}'`)) names.delete(name);
  if (names.size === 0) return [];
  const finder = await ModuleFinder.open(fs, layout, analyst.members);
  const repairs: Repair[] = [];
  for (const name of names) {
    const files = await withImports(name, finder, input);
    if (files.size === 0) debug.smoke('no repair: the original has no module %s', name);
    for (const file of files) repairs.push({ path: finder.kept(file), kind: 'module', subject: name });
  }
  return repairs;
}

async function missingLibraries({ said, libraries }: RepairInput): Promise<Repair[]> {
  const repairs: Repair[] = [];
  for (const [, name] of said.matchAll(/(?:^|[\s'"])([\w./+-]+\.so[\w.]*): cannot open shared object file/g)) {
    for (const path of await libraries.named(name as string)) repairs.push({ path, kind: 'library', subject: name as string });
  }
  return repairs;
}

/**
 * What is missing in directories that the shrunk image listed. It may explain a difference where nothing was looked for by
 * name. Folders on sys.path and packages in them do not count: Python lists them for every import. In packages further
 * below, only what an answer of the original names counts, as a list of plugins does. Nor do folders of which nothing was
 * used: nothing in them is kept, and no answer of the original names anything in them.
 */
function shorterListings({ fs, listed, layout, has, said, originalSaid }: RepairInput): Repair[] {
  const searched = new Set(layout.searchPath.flatMap((path) => fs.resolve(path)?.path ?? []));
  const isBelowSearched = (path: string): boolean => path !== '/' && (searched.has(path) || isBelowSearched(parentOf(path)));
  return listed.flatMap((directory) => {
    const real = fs.resolve(directory)?.path;
    if (real === undefined || searched.has(real) || searched.has(parentOf(real)) || real === '/') {
      debug.smoke('no repair from the listing of %s', directory);
      return [];
    }
    const children = fs.list(real);
    const isNamed = (path: string) => {
      const name = baseName(path).replace(MODULE, '');
      return isWordOf(name, originalSaid) && !isWordOf(name, said);
    };
    const isPackage = isBelowSearched(real) && children.some((path) => MODULE.test(path) && has(path));
    if (!children.some((path) => (has(path) && !isPackage) || isNamed(path))) {
      debug.smoke('no repair from the listing of %s: nothing in it was used', directory);
      return [];
    }
    return children.flatMap((path): Repair[] =>
      has(path) || (isPackage && !isNamed(path)) ? [] : [{ path, kind: 'listing', subject: directory }],
    );
  });
}

/** The end of the name of a file with a module. */
const MODULE = /(?:\.[\w-]+)?\.(?:pyc?|so)$/;

function isWordOf(name: string, text: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
    if (!/\w/.test(text[at - 1] ?? '') && !/\w/.test(text[at + name.length] ?? '')) return true;
  return false;
}

/**
 * Files of a module, of its packages, and of everything that importing it imports: otherwise each round of repairs would
 * find one missing module only.
 */
async function withImports(name: string, finder: ModuleFinder, { analyst, has }: RepairInput): Promise<Set<string>> {
  const files = new Set<string>();
  let modules = name.split('.').flatMap((_, index, parts) => finder.find(parts.slice(0, index + 1).join('.')) ?? []);
  while (modules.length > 0) {
    const fresh = modules.filter(({ file }) => file !== undefined && !files.has(file) && (files.size === 0 || !has(finder.kept(file))));
    for (const { file } of fresh) files.add(file as string);
    const sources = fresh.filter(({ kind }) => kind === 'source');
    const summaries = await analyst.summarize(
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
