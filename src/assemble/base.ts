import { mayBeElf } from '../elf/reader.js';
import { LibrarySearch, type Loaded } from '../elf/search.js';
import { UserError } from '../errors.js';
import { GLIBC_LIBRARIES } from '../keep/data/libc.js';
import type { KeepSet } from '../keep/keepset.js';
import { baseName, type Entry, join, parentOf, push, RootFs } from '../rootfs.js';

export interface Overlay {
  /** Entries that are written over the base. */
  entries: Entry[];
  /** The base with these entries. */
  fs: RootFs;
}

export interface BaseInput {
  /** Name of the base, for messages. */
  name: string;
  base: RootFs;
  /** The original image. */
  original: RootFs;
  /** Path of its interpreter. The loader and the C library of this program replace the base's. */
  python: string;
  /** The base adds the libraries of the original's C library that its own programs need. */
  keep: KeepSet;
}

/**
 * Puts the kept entries over a base image. The app's loader and C library replace the base's: links lead to them, so
 * that the base's programs run with them, too. Where the app has a link to a directory (/lib, /bin) and the base has a
 * real directory, the directory stays and gets links to what is kept.
 * @throws UserError where the base's programs could not run with the app's C library, or a file is in the place of a directory
 */
export async function overBase(input: BaseInput): Promise<Overlay> {
  const { name, base, original, keep } = input;
  const theirs = await LibrarySearch.open(base, {});
  const runnable = await programs(base, theirs);
  const replaced = await shareLibraries(input, theirs, runnable);
  const result = new Map<string, Entry>();
  const kept = [...keep.reasons.keys()].flatMap((path) => original.lstat(path) ?? []);
  const children = new Map<string, Entry[]>();
  for (const entry of kept) if (entry.path !== '/') push(children, parentOf(entry.path), entry);
  const joinDirectories = (path: string, real: string) => {
    for (const child of children.get(real) ?? []) {
      const at = join(path, baseName(child.path));
      if (child.type === 'd' && base.lstat(at)?.type === 'd') joinDirectories(at, child.path);
      else if (at !== child.path) result.set(at, link(at, child.path, child.mtime));
    }
  };
  for (const entry of kept) {
    const below = base.lstat(entry.path);
    const target = entry.type === 'l' ? original.resolve(entry.path) : undefined;
    if (target?.entry.type === 'd' && below?.type === 'd') joinDirectories(entry.path, target.path);
    else if (entry.type === 'd' && below && below.type !== 'd')
      throw misfit(name, `has ${entry.path} as ${below.type === 'l' ? 'a link' : 'a file'}, where the image has a directory`);
    else if (entry.path !== '/') result.set(entry.path, entry);
  }
  for (const [path, real] of replaced) if (!result.has(path)) result.set(path, link(path, real, base.lstat(path)?.mtime ?? 0));
  const merged = new RootFs(new Map([...base.entries, ...result]), (path, offset, length) =>
    (result.has(path) ? original : base).read(path, offset, length),
  );
  await requirePrograms(input, merged, runnable);
  return { entries: [...result.values()], fs: merged };
}

/** A dynamically linked program, and the loader that it names. */
interface Program {
  path: string;
  interpreter: string;
}

/** Keeps the original's copy of each library of the base that belongs to the C library. Returns path in the base → that copy. */
async function shareLibraries(
  { name, base, original, python, keep }: BaseInput,
  theirs: LibrarySearch,
  runnable: readonly Program[],
): Promise<Map<string, string>> {
  const replaced = new Map<string, string>();
  const ours = await LibrarySearch.open(original, {});
  const root = (await ours.closure(python)).objects[0];
  if (!root) throw misfit(name, 'can only be used with a dynamically linked Python');
  const copy = async (soname: string) => (GLIBC_LIBRARIES.test(soname) ? findOwn(soname, root, ours, original) : undefined);
  for (const { path } of runnable) {
    for (const object of (await theirs.closure(path)).objects.slice(1)) {
      const soname = object.elf.soname ?? baseName(object.path);
      if (!GLIBC_LIBRARIES.test(soname)) continue;
      const found = await copy(soname);
      if (found === undefined) throw misfit(name, `needs ${soname} for ${path}, and the image's own C library does not bring it`);
      keep.add({ path: found, rule: 'base', kind: 'library', subject: path, of: name, parents: [] });
    }
  }
  // The base may have more libraries of its C library. Its programs must not find these beside the app's.
  for (const { path } of base.entries.values()) {
    const found = await copy(baseName(path));
    const real = found && original.resolve(found)?.path;
    if (real && keep.has(real) && base.resolve(path)?.path === path) replaced.set(path, real);
  }
  return replaced;
}

async function findOwn(soname: string, root: Loaded, search: LibrarySearch, original: RootFs): Promise<string | undefined> {
  const interpreter = root.elf.interpreter;
  if (interpreter !== undefined && baseName(interpreter) === soname) return original.resolve(interpreter) && interpreter;
  const found = await search.find(soname, root);
  return 'reason' in found ? undefined : found.path;
}

/** @throws UserError where a program of the base finds no loader, library or symbol version in the merged tree */
async function requirePrograms({ name, python }: BaseInput, merged: RootFs, runnable: readonly Program[]): Promise<void> {
  const search = await LibrarySearch.open(merged, {});
  const app = await search.elf(merged.resolve(python)?.path ?? python);
  const loader = app?.interpreter === undefined ? undefined : merged.resolve(app.interpreter)?.path;
  for (const { path, interpreter } of runnable) {
    if (merged.resolve(path)?.path !== path) continue; // the app's program replaces it
    if (merged.resolve(interpreter)?.path !== loader) throw misfit(name, `would start ${path} with another loader than the app's`);
    const { objects, missing } = await search.closure(path);
    if (missing[0]) throw misfit(name, `needs ${missing[0].name} for ${path}, which is in neither image`);
    for (const object of objects) {
      for (const [library, versions] of Object.entries(object.elf.versionsNeeded)) {
        const defined = objects.find((other) => other.elf.soname === library || baseName(other.path) === library)?.elf.versionsDefined;
        const lacking = defined && versions.find((version) => !defined.includes(version));
        if (lacking) throw misfit(name, `needs ${lacking} of ${library} for ${object.path}, and the image's ${library} is older`);
      }
    }
  }
}

/** The dynamically linked programs of a tree. A program with several names (hard links) counts once. */
async function programs(fs: RootFs, search: LibrarySearch): Promise<Program[]> {
  const found: Program[] = [];
  const seen = new Set<string>();
  for (const entry of fs.entries.values()) {
    if (entry.type !== 'f' || !mayBeElf(entry.path, entry.mode) || seen.has(entry.group ?? entry.path)) continue;
    seen.add(entry.group ?? entry.path);
    const elf = await search.elf(entry.path);
    if (elf?.interpreter !== undefined && elf.dynamic && elf.soname === undefined)
      found.push({ path: entry.path, interpreter: elf.interpreter });
  }
  return found;
}

function link(path: string, target: string, mtime: number): Entry {
  return { path, type: 'l', mode: 0o777, uid: 0, gid: 0, size: 0, mtime, target };
}

function misfit(name: string, why: string): UserError {
  return new UserError(
    `The base ${name} does not fit this image: it ${why}.`,
    'Use --base scratch, or a base of the same distribution and release as the image.',
  );
}
