import { openPackages, type Packages } from '../../os/packages.js';
import { isAdded, isLibraryName } from '../../os/places.js';
import { isNotebook } from '../../python/classify.js';
import { compiledSources } from '../../python/compiled.js';
import { Distributions } from '../../python/distributions.js';
import { ModuleFinder } from '../../python/finder.js';
import { ENVIRONMENT_FILE, type Installation, layoutOf } from '../../python/installation.js';
import type { PythonLayout } from '../../python/layout.js';
import type { Locate } from '../../python/lines.js';
import { allNames, type Summarize, type Summary } from '../../python/summary.js';
import { type Entry, join, parentOf, type RootFs } from '../../rootfs.js';
import type { Spot } from '../../trace/schema.js';
import { ReadAhead } from './readahead.js';

/** What only the image's own interpreter knows. */
export interface Analyst {
  summarize: Summarize;
  locate: Locate;
  /** Names of the members of a zip archive. */
  members: (path: string) => Promise<string[]>;
}

/** Code in a file. `file` is the file itself, or `ARCHIVE/MEMBER` for a member of a zip archive. */
export interface Code {
  file: string;
  summary: Summary;
}

/** Bytes. A larger program is no script. */
export const LARGEST_SCRIPT = 1 << 20;

/** The Python side of an image: where modules are, which distribution they belong to, and what they name. */
export class PythonWorld {
  private readonly known = new Map<string, Summary>();
  private readonly others = new Map<string, Promise<PythonWorld | undefined>>();
  /** Programs that the image runs. */
  programs: ReadonlySet<string> = new Set();
  /** Files for other systems and processors that are left out → their distribution. */
  readonly foreign = new Map<string, string>();
  /** This world, and those of other interpreters that were asked for. */
  readonly all: PythonWorld[] = [this];
  private readonly standard: string[];
  private readonly environments: string[];
  private readonly topLevel: string[];
  private readonly ahead: ReadAhead;

  private constructor(
    readonly fs: RootFs,
    readonly layout: PythonLayout,
    private readonly analyst: Analyst,
    readonly packages: Packages,
    readonly finder: ModuleFinder,
    readonly distributions: Distributions,
    /** Paths of the code in zip archives on the search path, by the archive's path. */
    private readonly archives: ReadonlyMap<string, readonly string[]>,
    /** See {@link compiledSources}. */
    readonly compiled: ReadonlyMap<string, string>,
  ) {
    this.standard = layout.standardLibrary.flatMap((path) => fs.resolve(path)?.path ?? []);
    this.topLevel = finder.topLevel().sort();
    this.ahead = new ReadAhead((paths) => analyst.summarize(paths, this.topLevel, false), layout.suffixes);
    this.environments = [...fs.entries.keys()].filter((path) => path.endsWith(`/${ENVIRONMENT_FILE}`)).map(parentOf);
  }

  static async open(fs: RootFs, layout: PythonLayout, analyst: Analyst): Promise<PythonWorld> {
    const packages = openPackages(
      fs,
      layout.standardLibrary.map((folder) => join(folder, 'os.py')).find((path) => fs.resolve(path)),
    );
    const finder = await ModuleFinder.open(fs, layout, analyst.members);
    const code = [...finder.archives].map(([path, members]): [string, string[]] => [
      path,
      members.filter((name) => /\.pyc?$/.test(name)).map((name) => join(path, name)),
    ]);
    const distributions = await Distributions.read(fs, layout, packages);
    const compiled = await compiledSources(fs, distributions, layout.suffixes);
    return new PythonWorld(fs, layout, analyst, packages, finder, distributions, new Map(code), compiled);
  }

  /** The Python side of another interpreter of the image; undefined where it has no standard library. */
  other(installation: Installation): Promise<PythonWorld | undefined> {
    const key = installation.environment ?? installation.executable;
    const open = async () => {
      const layout = await layoutOf(installation, this.fs);
      const world = layout && (await PythonWorld.open(this.fs, layout, this.analyst));
      if (world) this.all.push(world);
      return world;
    };
    const world = this.others.get(key) ?? open();
    this.others.set(key, world);
    return world;
  }

  /** Whether the interpreter belongs to a virtual environment (PEP 405), which exists for one app. */
  isEnvironment(): boolean {
    return this.environments.includes(parentOf(parentOf(this.layout.executable)));
  }

  /** Whether a file belongs to the standard library. */
  isStandard(path: string): boolean {
    return this.standard.some((folder) => path.startsWith(`${folder}/`)) && !/\/(site|dist)-packages\//.test(path);
  }

  /** Whether a file is where installers put files; also in a virtual environment in the app's own folder. */
  isInstalled(path: string): boolean {
    return /\/(site|dist)-packages\//.test(path) || this.environments.some((folder) => path.startsWith(`${folder}/`));
  }

  /** Whether a file is the app's own: outside the standard library, site-packages and the operating system's folders. */
  isOwn(path: string): boolean {
    return !this.isStandard(path) && !this.isInstalled(path) && isAdded(path) && !this.distributions.ownerOf(path) && !this.isOthers(path);
  }

  /** Whether a file is the app's own code, also where the app was installed like a distribution, or is a program that the image runs. */
  isOurs(path: string): boolean {
    return this.programs.has(path) || this.isOwn(path) || this.distributions.ownerOf(path)?.local === true;
  }

  /** Whether a file belongs to the standard library of another Python. */
  private isOthers(path: string): boolean {
    const [folder] = /^.*?\/lib(64)?\/python\d+\.\d+(?=\/)/.exec(path) ?? [];
    return folder !== undefined && this.fs.lstat(join(folder, 'os.py')) !== undefined;
  }

  /** Reads all code among the files at once, and begins to read what may be wanted next. */
  async load(entries: readonly Entry[], isProgram: (path: string) => boolean): Promise<void> {
    const files = entries.filter((entry) => entry.type === 'f');
    const wanted = files.filter((entry) => !this.known.has(entry.path) && this.isCode(entry, isProgram)).map(({ path }) => path);
    await this.ask([...wanted, ...files.flatMap(({ path }) => this.archives.get(path) ?? [])]);
    const owners = new Set(wanted.flatMap((path) => this.distributions.ownerOf(path) ?? []));
    this.ahead.begin(owners, (path) => this.known.has(path));
  }

  /** What the code in a kept file names. Empty where it was not loaded or is no code. */
  codeIn(path: string): Code[] {
    return (this.archives.get(path) ?? [path]).flatMap((file) => {
      const summary = this.known.get(file);
      return summary ? [{ file, summary }] : [];
    });
  }

  /** Reads code that was not read before. The paths may be members of zip archives. */
  async ask(paths: readonly string[]): Promise<void> {
    const missing = paths.filter((path) => !this.known.has(path));
    for (const own of [true, false]) {
      const files = missing.filter((path) => this.isOurs(path) === own);
      const late = files.filter((path) => own || !this.ahead.has(path));
      const asked = late.length > 0 ? this.analyst.summarize(late, this.topLevel, own) : new Map<string, Summary>();
      const [found, early] = await Promise.all([asked, own ? new Map<string, Summary>() : this.ahead.take(files)]);
      for (const path of files) {
        const summary = found.get(path) ?? early.get(path);
        if (summary) this.known.set(path, summary);
      }
    }
  }

  /** Names and strings in the code that was read. */
  *words(): Generator<string> {
    for (const summary of this.known.values()) {
      yield* summary.strings;
      yield* allNames(summary);
    }
  }

  /** Places in the code that was read which reading cannot follow. Not in the standard library: what it reaches is known. */
  spots(): Spot[] {
    return [...this.known].flatMap(([file, { spots }]) =>
      this.isStandard(file) ? [] : spots.map(([line, kind]): Spot => ({ file, line, kind })),
    );
  }

  /** Modules that could not be read, and why. */
  unread(): [path: string, error: string][] {
    return [...this.known].flatMap(([path, { error }]) => (error !== undefined && /\.(py|pyc|so)$/.test(path) ? [[path, error]] : []));
  }

  private isCode({ path, size }: Entry, isProgram: (path: string) => boolean): boolean {
    if (isNotebook(path)) return this.isOwn(path);
    if (path.endsWith('.py')) return this.finder.at(path) !== undefined || this.isOwn(path);
    if (path.endsWith('.pyc')) return !path.includes('/__pycache__/');
    if (path.endsWith('.so')) return this.layout.suffixes.some((suffix) => path.endsWith(suffix)) && this.finder.at(path) !== undefined;
    return size < LARGEST_SCRIPT && !isLibraryName(path) && isProgram(path);
  }
}
