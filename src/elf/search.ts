import { ARCHITECTURES, architectureOfElf } from '../arch.js';
import { baseName, join, parentOf, type Resolved, type RootFs } from '../rootfs.js';
import { type CacheEntry, parseLdCache } from './ldcache.js';
import { type Elf, readElf } from './reader.js';

/** A library where ld.so finds it. */
export interface Found {
  /** The path that ld.so opens; it may contain symbolic links. */
  path: string;
  resolved: Resolved;
  elf: Elf;
  /** Its builds for other processors (glibc-hwcaps). If it is one of those itself, the general build is among them. */
  variants: string[];
}

/** A library, or why ld.so would not find it. */
type Answer = Found | { reason: string };

/** One object of a closure. */
export interface Loaded extends Found {
  /** The object that needs it. */
  by?: Loaded;
}

/** A library that an object needs and that ld.so would not find. */
export interface Missing {
  name: string;
  by: string;
  reason: string;
}

export interface Closure {
  objects: Loaded[];
  missing: Missing[];
}

/**
 * Finds libraries in a root file system as glibc's ld.so does, without running anything.
 * Order: DT_RPATH of the loading chain (where there is no DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH, ld.so.cache, the
 * default directories (ld.so(8); elf/dl-load.c of glibc).
 */
export class LibrarySearch {
  private readonly parsed = new Map<string, Promise<Elf | undefined>>();

  private constructor(
    private readonly fs: RootFs,
    private readonly cache: readonly CacheEntry[],
    private readonly libraryPath: readonly string[],
    /** Objects loaded before every program: LD_PRELOAD and /etc/ld.so.preload. */
    readonly preloads: readonly string[],
  ) {}

  /** @param environment environment of the program; LD_LIBRARY_PATH and LD_PRELOAD are read */
  static async open(fs: RootFs, environment: Readonly<Record<string, string>>): Promise<LibrarySearch> {
    const file = async (path: string) => {
      const found = fs.resolve(path);
      return found?.entry.type === 'f' ? fs.read(found.path, 0, found.entry.size) : new Uint8Array();
    };
    const words = (text: string | undefined) => (text ?? '').split(/[\s:]+/).filter(Boolean);
    return new LibrarySearch(
      fs,
      parseLdCache(await file('/etc/ld.so.cache')),
      (environment.LD_LIBRARY_PATH ?? '').split(/[:;]/).filter((part) => part.startsWith('/') || part.startsWith('$')),
      [...words(environment.LD_PRELOAD), ...words(Buffer.from(await file('/etc/ld.so.preload')).toString())],
    );
  }

  /** @returns undefined for a file that is not ELF; `path` must not contain links */
  elf(path: string): Promise<Elf | undefined> {
    let known = this.parsed.get(path);
    if (!known) {
      known = readElf((offset, length) => this.fs.read(path, offset, length));
      this.parsed.set(path, known);
    }
    return known;
  }

  /**
   * The object at `path` and all libraries that are loaded with it, breadth first.
   * @param main the program that loads the object; its DT_RPATH is searched too
   */
  async closure(path: string, main?: string): Promise<Closure> {
    const result: Closure = { objects: [], missing: [] };
    const root = await this.open(path);
    if (!root) return result;
    const program = main && main !== path ? await this.open(main) : undefined;
    if (program) root.by = program;
    result.objects.push(root);
    const names = new Set([baseName(path), root.elf.soname]);
    for (let i = 0; i < result.objects.length; i++) {
      const object = result.objects[i] as Loaded;
      for (const name of object.elf.needed) {
        if (names.has(name)) continue;
        names.add(name);
        const found = await this.find(name, object);
        if ('reason' in found) {
          result.missing.push({ name, by: object.resolved.path, reason: found.reason });
        } else if (!result.objects.some((other) => other.resolved.path === found.resolved.path)) {
          if (found.elf.soname) names.add(found.elf.soname);
          result.objects.push({ ...found, by: object });
        }
      }
    }
    return result;
  }

  /**
   * Paths of the libraries that dlopen(3) may load for a name, from the cache and the default directories.
   * @param name a path, a soname (`libmagic.so.1`), or an argument of ctypes.util.find_library (`magic`)
   */
  async named(name: string): Promise<string[]> {
    if (name.includes('/')) return this.fs.resolve(name)?.entry.type === 'f' ? [name] : [];
    const isWanted = /\.so(\.|$)/.test(name) ? (soname: string) => soname === name : (soname: string) => soname.startsWith(`lib${name}.so`);
    const cached = this.cache.filter(({ soname }) => isWanted(soname)).map(({ path }) => path);
    const directories = ANY_DEFAULT.flatMap((directory) => this.fs.resolve(directory)?.path ?? []);
    const listed = directories.flatMap((directory) => this.fs.list(directory)).filter((path) => isWanted(baseName(path)));
    return [...new Set([...cached, ...listed])].filter((path) => this.fs.resolve(path));
  }

  /**
   * Finds the library that `loader` asks for.
   * @param name a DT_NEEDED entry, or the argument of dlopen(3)
   */
  async find(name: string, loader: Loaded): Promise<Answer> {
    if (name.includes('/')) {
      for (const path of this.expand(name, loader)) {
        const found = await this.candidate(path, loader.elf);
        if (found) return found;
      }
      return { reason: 'no such file' };
    }
    for (const directory of this.directories(loader)) {
      const found = await this.inDirectory(directory, name, loader.elf);
      if (found) return found;
    }
    const cached = await this.inCache(name, loader.elf);
    if (cached) return cached;
    if (!loader.elf.noDefaultLib) {
      for (const directory of defaultDirectories(loader.elf)) {
        const found = await this.inDirectory(directory, name, loader.elf);
        if (found) return found;
      }
    }
    return { reason: 'not in any directory that ld.so searches' };
  }

  /**
   * The libraries that code in a file may open by a name: where dlopen(3) finds it, or beside the file, since code often asks for the
   * folder that it lies in. To a name that ends in `.so`, code often adds a version.
   * @param name a name, or a path that is absolute or begins in the file's folder
   * @param by the file, without links in its path
   * @returns without links
   */
  async opened(name: string, by: string): Promise<string[]> {
    const loader = await this.open(by);
    if (!loader) return [];
    const folder = parentOf(by);
    const isRelative = /^[^/$]+\//.test(name);
    for (const answer of [isRelative ? undefined : await this.find(name, loader), await this.candidate(join(folder, name), loader.elf)])
      if (answer && 'resolved' in answer) return [answer.resolved.path];
    if (name.includes('/') || !name.endsWith('.so')) return [];
    const versions = this.fs.list(folder).filter((path) => baseName(path).startsWith(`${name}.`));
    const answers = await Promise.all(versions.map((path) => this.candidate(path, loader.elf)));
    return [...new Set(answers.flatMap((answer) => (answer && 'resolved' in answer ? answer.resolved.path : [])))];
  }

  private async open(path: string): Promise<Loaded | undefined> {
    const resolved = this.fs.resolve(path);
    if (resolved?.entry.type !== 'f') return undefined;
    const elf = await this.elf(resolved.path);
    return elf && { path, resolved, elf, variants: [] };
  }

  /** Directories that are searched before the cache: run paths and LD_LIBRARY_PATH. */
  private directories(loader: Loaded): string[] {
    const list: string[] = [];
    if (loader.elf.runpath === undefined) {
      for (let object: Loaded | undefined = loader; object; object = object.by) {
        if (object.elf.runpath === undefined) list.push(...this.paths(object.elf.rpath, object));
      }
    }
    for (const part of this.libraryPath) list.push(...this.expand(part, loader));
    list.push(...this.paths(loader.elf.runpath, loader));
    return list;
  }

  private paths(value: string | undefined, object: Loaded): string[] {
    return (value ?? '')
      .split(':')
      .filter(Boolean)
      .flatMap((part) => this.expand(part, object));
  }

  /** Replaces $ORIGIN, $LIB and $PLATFORM. The last two have several possible values; the caller takes the path that exists. */
  private expand(text: string, object: Loaded): string[] {
    const architecture = architectureOfElf(object.elf.eMachine);
    let list = [text.replace(/\$(ORIGIN\b|\{ORIGIN\})/g, () => parentOf(object.path)).replace(/^\/+/, '/')];
    const each = (pattern: RegExp, values: readonly string[]) => {
      list = list.flatMap((item) => (pattern.test(item) ? values.map((value) => item.replace(pattern, value)) : [item]));
    };
    each(/\$(?:LIB\b|\{LIB\})/, architecture ? [`lib/${architecture.triplet}`, architecture.lib, 'lib'] : ['lib']);
    each(/\$(?:PLATFORM\b|\{PLATFORM\})/, architecture?.platforms ?? []);
    return list;
  }

  private async inDirectory(directory: string, name: string, wanted: Elf): Promise<Answer | undefined> {
    const found = await this.candidate(join(directory.replace(/\/+$/, '') || '/', name), wanted);
    if (found) return found;
    // Some libraries exist only as builds for certain processors.
    for (const variant of this.variants(directory, name)) {
      const special = await this.candidate(variant, wanted);
      if (special) return special;
    }
    return undefined;
  }

  private async inCache(name: string, wanted: Elf): Promise<Answer | undefined> {
    const flags = architectureOfElf(wanted.eMachine)?.cacheFlags;
    const entries = this.cache.filter((entry) => entry.soname === name && (flags === undefined || entry.flags === flags));
    const skipped = wanted.noDefaultLib ? new Set(defaultDirectories(wanted)) : undefined;
    for (const entry of [...entries].sort((a, b) => Number(a.hwcaps) - Number(b.hwcaps))) {
      if (skipped?.has(parentOf(entry.path))) continue;
      const found = await this.candidate(entry.path, wanted);
      if (found && 'reason' in found) return found;
      if (found) {
        const others = entries.filter((other) => other.hwcaps && other !== entry).map((other) => other.path);
        return { ...found, variants: [...new Set([...found.variants, ...others.filter((path) => this.fs.resolve(path))])] };
      }
    }
    return undefined;
  }

  /**
   * The file at `path` if ld.so would load it. ld.so skips libraries of another class or architecture, but it stops with
   * an error at a file that is not ELF, e.g. a linker script (open_verify in elf/dl-load.c of glibc).
   */
  private async candidate(path: string, wanted: Elf): Promise<Answer | undefined> {
    const resolved = this.fs.resolve(path);
    if (resolved?.entry.type !== 'f') return undefined;
    const elf = await this.elf(resolved.path);
    if (!elf) return { reason: `${path} is not an ELF file` };
    if (elf.bits !== wanted.bits || elf.eMachine !== wanted.eMachine) return undefined;
    return { path, resolved, elf, variants: this.variants(parentOf(path), baseName(path)) };
  }

  /**
   * Paths of `name` in the glibc-hwcaps folders of a library directory.
   * If the directory is such a folder itself, its parent's general build comes first.
   */
  private variants(directory: string, name: string): string[] {
    const special = /^(.*)\/glibc-hwcaps\/[^/]+$/.exec(directory);
    const general = special?.[1] ?? directory;
    const folder = this.fs.resolve(join(general, 'glibc-hwcaps'));
    const levels = folder ? this.fs.list(folder.path).map(baseName) : [];
    return [...(special ? [join(general, name)] : []), ...levels.map((level) => `${general}/glibc-hwcaps/${level}/${name}`)].filter(
      (path) => this.fs.resolve(path)?.entry.type === 'f',
    );
  }
}

/** Default directories of all architectures. */
const ANY_DEFAULT = [
  ...ARCHITECTURES.flatMap(({ triplet }) => [`/lib/${triplet}`, `/usr/lib/${triplet}`]),
  ...['/lib64', '/usr/lib64', '/lib', '/usr/lib'],
];

/** The directories built into ld.so: Debian's multiarch ones, then those of every Linux. */
function defaultDirectories(elf: Elf): string[] {
  const triplet = architectureOfElf(elf.eMachine)?.triplet;
  const multiarch = triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`];
  const wide = elf.bits === 64 ? ['/lib64', '/usr/lib64'] : [];
  return [...multiarch, ...wide, '/lib', '/usr/lib'];
}
