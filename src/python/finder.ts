import { join, parentOf, type RootFs } from '../rootfs.js';
import type { PythonLayout } from './layout.js';

/** A module, in the place where the image's interpreter finds it. */
export interface Module {
  name: string;
  kind: 'source' | 'bytecode' | 'extension' | 'namespace' | 'builtin';
  /** Path without links; for a member of a zip archive `ARCHIVE/MEMBER`. Missing for namespaces and built-in modules. */
  file?: string;
  /** Folders of a package's submodules. */
  search?: string[];
}

const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** Finds modules by name as importlib's path finder does (importlib._bootstrap_external.FileFinder), without importing anything. */
export class ModuleFinder {
  private readonly known = new Map<string, Module | undefined>();
  private readonly roots: string[];
  private readonly members = new Map<string, 'f' | 'd'>();
  private readonly inArchive = new Map<string, string[]>();
  private readonly builtins: ReadonlySet<string>;
  private readonly suffixes: readonly string[];
  /** A Map, since an image may have a module named `constructor`. */
  private readonly editables: ReadonlyMap<string, string>;

  /** @param archives members of the zip archives on the search path, by the archive's path */
  constructor(
    private readonly fs: RootFs,
    private readonly layout: PythonLayout,
    readonly archives: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.roots = [...new Set(layout.searchPath.flatMap((path) => fs.resolve(path)?.path ?? []))];
    this.builtins = new Set(layout.builtins);
    this.suffixes = [...layout.suffixes, '.py', '.pyc'];
    this.editables = new Map(Object.entries(layout.editable));
    for (const [archive, names] of archives) {
      for (const name of names) this.addMember(archive, name);
    }
  }

  /**
   * A finder that knows the zip archives on the search path, as zipimport does.
   * @param members lists the names of an archive's members
   */
  static async open(fs: RootFs, layout: PythonLayout, members: (path: string) => Promise<readonly string[]>): Promise<ModuleFinder> {
    const archives = new Map<string, readonly string[]>();
    for (const path of layout.searchPath) {
      const found = fs.resolve(path);
      if (found?.entry.type === 'f') archives.set(found.path, await members(found.path));
    }
    return new ModuleFinder(fs, layout, archives);
  }

  /** The module with a dotted name; undefined where the image has none. */
  find(name: string): Module | undefined {
    if (!this.known.has(name)) this.known.set(name, this.look(name));
    return this.known.get(name);
  }

  /** The module that the beginning of a dotted name leads to: `a.b` of `a.b.Class`. */
  deepest(name: string): Module | undefined {
    let found: Module | undefined;
    let dotted = '';
    for (const part of name.split('.')) {
      dotted += dotted === '' ? part : `.${part}`;
      const next = this.find(dotted);
      if (!next) break;
      found = next;
    }
    return found;
  }

  /** Names of a package's direct submodules. */
  children(module: Module): string[] {
    const names = new Set<string>();
    for (const folder of module.search ?? []) {
      for (const path of this.list(folder)) {
        const base = path.slice(folder.length + 1);
        const suffix = this.suffixes.find((ending) => base.endsWith(ending));
        const name = this.type(path) === 'd' ? base : suffix === undefined ? '' : base.slice(0, -suffix.length);
        if (name !== '__init__' && name !== '__pycache__' && IDENTIFIER.test(name)) names.add(name);
      }
    }
    return [...names];
  }

  /** Names of all top-level modules outside the standard library. */
  topLevel(): string[] {
    const standard = new Set(this.layout.standardLibrary.flatMap((path) => this.fs.resolve(path)?.path ?? []));
    const search = this.roots.filter((root) => !standard.has(root));
    return [...new Set([...this.children({ name: '', kind: 'namespace', search }), ...this.editables.keys()])];
  }

  /** The module that a file is, even where another file hides it. Undefined for a file that cannot be imported. */
  at(path: string): { name: string; package: boolean } | undefined {
    const root = this.roots
      .filter((candidate) => path.startsWith(`${candidate === '/' ? '' : candidate}/`))
      .sort((a, b) => b.length - a.length)[0];
    if (root === undefined) return this.editableAt(path);
    return this.named(path.slice(root === '/' ? 1 : root.length + 1));
  }

  /** The path to keep for a module's file: for a member of an archive, the archive. */
  kept(file: string): string {
    let path = file;
    while (path !== '/' && !this.fs.lstat(path)) path = parentOf(path);
    return path;
  }

  private named(relative: string): { name: string; package: boolean } | undefined {
    const cached = /^(.*?)__pycache__\/([^/.]+)\.[^/]*\.pyc$/.exec(relative);
    const plain = cached ? `${cached[1]}${cached[2]}.pyc` : relative;
    const suffix = this.suffixes.find((ending) => plain.endsWith(ending));
    if (suffix === undefined) return undefined;
    const parts = plain.slice(0, -suffix.length).split('/');
    const isPackage = parts.length > 1 && parts.at(-1) === '__init__';
    if (isPackage) parts.pop();
    return parts.every((part) => IDENTIFIER.test(part)) ? { name: parts.join('.'), package: isPackage } : undefined;
  }

  private editableAt(path: string): { name: string; package: boolean } | undefined {
    for (const [name, target] of this.editables) {
      const real = this.fs.resolve(target)?.path;
      if (real === path) return { name, package: false };
      if (real === undefined || !path.startsWith(`${real}/`)) continue;
      return this.named(`${name.replaceAll('.', '/')}/${path.slice(real.length + 1)}`);
    }
    return undefined;
  }

  private look(name: string): Module | undefined {
    const dot = name.lastIndexOf('.');
    if (dot < 0) return this.builtins.has(name) ? { name, kind: 'builtin' } : (this.search(name, name, this.roots) ?? this.editable(name));
    const parent = this.find(name.slice(0, dot));
    if (!parent?.search) return this.editable(name);
    return this.search(name, name.slice(dot + 1), parent.search) ?? this.editable(name);
  }

  private editable(name: string): Module | undefined {
    const target = this.editables.get(name);
    const real = target === undefined ? undefined : this.fs.resolve(target)?.path;
    if (real === undefined) return undefined;
    return this.type(real) === 'f' ? { name, kind: 'source', file: real } : this.package(name, real);
  }

  private search(name: string, last: string, folders: readonly string[]): Module | undefined {
    if (!IDENTIFIER.test(last)) return undefined;
    const portions: string[] = [];
    for (const folder of folders) {
      const path = join(folder, last);
      if (this.type(path) === 'd') {
        const found = this.package(name, path);
        if (found.kind !== 'namespace') return found;
        portions.push(path);
      }
      const file = this.withSuffix(path);
      if (file) return { name, ...file };
    }
    return portions.length > 0 ? { name, kind: 'namespace', search: portions } : undefined;
  }

  private package(name: string, path: string): Module {
    const folder = this.fs.resolve(path)?.path ?? path;
    const file = this.withSuffix(join(folder, '__init__'));
    return file ? { name, ...file, search: [folder] } : { name, kind: 'namespace', search: [folder] };
  }

  private withSuffix(stem: string): (Pick<Module, 'kind'> & { file: string }) | undefined {
    for (const suffix of this.suffixes) {
      const path = stem + suffix;
      if (this.type(path) !== 'f') continue;
      const kind = suffix === '.py' ? 'source' : suffix === '.pyc' ? 'bytecode' : 'extension';
      return { kind, file: this.fs.resolve(path)?.path ?? path };
    }
    return undefined;
  }

  private type(path: string): 'f' | 'd' | undefined {
    const direct = this.fs.lstat(path);
    const entry = direct?.type === 'l' ? this.fs.resolve(path)?.entry : direct;
    if (entry) return entry.type === 'f' || entry.type === 'd' ? entry.type : undefined;
    return this.members.get(path);
  }

  private list(folder: string): readonly string[] {
    const inFs = this.fs.list(folder);
    return inFs.length > 0 ? inFs : (this.inArchive.get(folder) ?? []);
  }

  private addMember(archive: string, name: string): void {
    let path = join(archive, name.replace(/\/+$/, ''));
    if (this.members.has(path)) return;
    this.members.set(path, name.endsWith('/') ? 'd' : 'f');
    for (; path !== archive; path = parentOf(path)) {
      const folder = parentOf(path);
      const siblings = this.inArchive.get(folder) ?? [];
      if (!siblings.includes(path)) siblings.push(path);
      this.inArchive.set(folder, siblings);
      if (folder !== archive && !this.members.has(folder)) this.members.set(folder, 'd');
    }
  }
}
