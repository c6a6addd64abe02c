import type { Distribution } from '../../python/distributions.js';
import { depth, type Edge, edgesOf, type Origin } from '../../python/edges.js';
import type { Module } from '../../python/finder.js';
import { allNames, type Summary } from '../../python/summary.js';
import { baseName, type Entry } from '../../rootfs.js';
import {
  ASKED_FOR_BY,
  COMPUTED,
  FALLBACKS,
  FROZEN,
  IMPORTED_AT_START,
  IMPORTED_BY_C,
  IMPORTED_TO_START,
  INSTALLERS,
  NEEDS,
  NEVER,
  NO_PLUGINS,
  ONLY_FOR,
  SHOWN_WARNINGS,
  SUBSTITUTES,
} from '../data/standardlibrary.js';
import type { Addition } from '../keepset.js';
import type { Context, Rule } from '../rule.js';
import { isProgram } from '../scripts.js';
import { AliveFunctions } from './alive.js';
import { type Grade, Grades, WHY } from './grades.js';
import { OWN_CODE, type OwnFiles, ownFiles } from './own.js';
import { interpreterNames, namedByConfiguration } from './roots.js';
import { isTestRunner, testRunners } from './tests.js';
import type { Code, PythonWorld } from './world.js';

/**
 * What the same program can reach (level `reachable`): every code path of the app's own files, the distributions that
 * they import, and whatever the code of those names. A worklist over the import graph: each kept module is read once.
 */
export class ReachRule implements Rule {
  readonly name = 'python';
  private own: OwnFiles = { code: new Set(), data: new Set() };
  private entrypoints: ReadonlySet<string> = new Set();
  /** C modules of {@link NEEDS} that the image has, libraries and all. */
  private readonly usable = new Set<string>();
  /** Where a test suite was the exercise: what code of a distribution names of its runner is not kept. */
  private runners: ReadonlySet<Distribution> = new Set();
  private observed: ReadonlySet<string> = new Set();
  private readonly alive = new AliveFunctions();
  /** Modules that a command line names: of others in the standard library, `if __name__ == "__main__"` never holds. */
  private readonly started = new Set<string>();
  readonly grades: Grades;

  constructor(private readonly world: PythonWorld) {
    this.grades = new Grades(world, (...asked) => this.reached(...asked));
  }

  async prepare(entries: readonly Entry[], context: Context): Promise<void> {
    await this.world.load(entries, (path) => isProgram(path, context));
  }

  async begin(context: Context): Promise<Addition[]> {
    const { trace, config } = context;
    const { world } = this;
    const ran = Object.values(trace.modules).flatMap((file) => file ?? []);
    this.own = ownFiles(context.fs, world, config.WorkingDir, ran);
    this.entrypoints = context.programs;
    this.observed = new Set(trace.observations.flatMap(({ path }) => context.fs.resolve(path)?.path ?? []));
    for (const name of new Set(Object.values(NEEDS))) {
      const file = world.finder.find(name)?.file;
      if (file !== undefined && (await context.libraries.closure(file)).missing.length === 0) this.usable.add(name);
    }
    if (trace.runs.some(({ tests }) => tests !== null)) this.runners = testRunners(world);
    const additions: Addition[] = interpreterNames(context);
    const keep = (path: string, detail: string) => additions.push({ path, rule: 'python', parents: [], detail });
    for (const path of this.own.code) keep(path, OWN_CODE);
    for (const path of this.own.data) keep(path, "beside the app's own code");
    this.rootsOfInterpreter(context, additions);
    for (const name of Object.keys(trace.modules)) {
      // The standard library's are observed as files; those frozen into the interpreter need none.
      const file = world.finder.find(name)?.file;
      if (file !== undefined && !world.isStandard(file)) this.root(name, 'imported while it was watched', additions);
    }
    this.rootsOfConfiguration(context, additions);
    await this.rootsOfAuthor(context, additions);
    additions.push(...(await this.grades.takePending(context)));
    return additions;
  }

  /** What the interpreter imports without being told to. */
  private rootsOfInterpreter({ commands, environment }: Context, additions: Addition[]): void {
    const words = commands.flat();
    if ('PYTHONWARNINGS' in environment || 'PYTHONDEVMODE' in environment || words.some((word) => /^-[WXb]/.test(word)))
      this.alive.waken([SHOWN_WARNINGS], [], additions);
    const started = words.some((word) => word === '-m' || /\.(zip|pyz|pex)$/.test(word));
    for (const name of [...IMPORTED_AT_START, ...(started ? IMPORTED_TO_START : [])])
      this.root(name, 'the interpreter itself imports it', additions);
    const encodings = this.world.finder.find('encodings');
    for (const child of encodings ? this.world.finder.children(encodings) : [])
      this.root(`encodings.${child}`, 'a codec is found by its name (codecs.lookup)', additions);
  }

  /** Modules that a command line or the environment names. */
  private rootsOfConfiguration({ commands, environment }: Context, additions: Addition[]): void {
    for (const [what, text] of namedByConfiguration(commands, environment)) {
      const parts = text.split('.');
      const length = depth(text, this.world.finder);
      if (length === 0 || (what === 'environment' && length < Math.max(1, parts.length - 1))) continue;
      const module = this.world.finder.find(parts.slice(0, length).join('.')) as Module;
      if (what === 'command') this.started.add(module.name);
      additions.push(...this.reached(module, 'app', undefined, `named by the ${what} of the image`));
    }
  }

  /** Distributions that are the app itself, and those that its author installed on purpose. */
  private async rootsOfAuthor(context: Context, additions: Addition[]): Promise<void> {
    const { distributions } = this.world;
    for (const distribution of distributions.all) {
      if (distribution.local) additions.push(...(await this.grades.take(distribution, 'app', undefined, context)));
    }
    if (context.trace.image.shared && !this.world.isEnvironment()) return;
    for (const distribution of distributions.onPurpose()) {
      const starts = distribution.entryPoints.some(({ group }) => group === 'console_scripts' || group === 'gui_scripts');
      if (starts && !INSTALLERS.has(distribution.name) && !isTestRunner(distribution))
        additions.push(...(await this.grades.take(distribution, 'pulled', undefined, context, true)));
    }
  }

  async visit(entry: Entry, context: Context): Promise<Addition[]> {
    if (entry.type !== 'f') return [];
    const { path } = entry;
    const additions: Addition[] = [];
    const distribution = this.world.distributions.ownerOf(path);
    const isEntrypoint = this.entrypoints.has(path);
    if (distribution && (isEntrypoint || this.world.finder.at(path))) this.grades.want(distribution, isEntrypoint ? 'app' : 'pulled', path);
    for (const code of this.world.codeIn(path)) this.read(code, path, this.originOf(path, distribution), additions);
    additions.push(...(await this.grades.takePending(context)));
    return additions;
  }

  /** What code names; `from` is the kept path that it is in. */
  private read({ file, summary }: Code, from: string, origin: Origin, additions: Addition[]): void {
    const at = this.world.finder.at(file);
    const kind = file.endsWith('.so') ? 'extension' : at ? 'source' : 'script';
    const self = { name: at?.name ?? '', package: at?.package ?? false, kind, origin } as const;
    const edges = edgesOf(self, summary, this.world.finder);
    for (const edge of edges) this.follow(edge, from, at?.name, origin, additions);
    if (origin === 'own') this.followWords(summary, from, additions);
    const modules = [self.name, ...edges.map(({ module }) => module.name)];
    if (origin === 'standard') {
      this.notice(summary, self.name, modules, additions);
      return;
    }
    this.followGroups(summary, from, additions);
    additions.push(...this.grades.noticeRecords(summary));
    const names = allNames(summary);
    this.alive.waken(names, modules, additions);
    for (const [what, words] of Object.entries(ASKED_FOR_BY))
      if ([...words].some((word) => names.has(word) || modules.includes(word))) this.alive.waken([what], [], additions);
  }

  private originOf(path: string, distribution: Distribution | undefined): Origin {
    if (this.own.code.has(path) || this.entrypoints.has(path) || distribution?.local) return 'own';
    return this.world.isStandard(path) ? 'standard' : 'distribution';
  }

  private follow(edge: Edge, from: string, name: string | undefined, origin: Origin, additions: Addition[]): void {
    const { module, how, scope } = edge;
    if (origin !== 'own' && (this.isIdle(edge, from) || (origin === 'standard' && this.neverHappens(edge, name ?? '')))) return;
    if (FROZEN.has(module.name)) return;
    const reached = this.reached(
      module,
      origin === 'own' ? 'app' : 'pulled',
      from,
      `${how} of ${name ?? baseName(from)}`.replace(/^(named.*) of /, '$1, by '),
    );
    const only = origin === 'standard' ? ONLY_FOR[name ?? '']?.[module.name] : undefined;
    if (only !== undefined)
      for (const word of only) this.alive.add(name ?? '', word, { additions: reached, names: [], modules: [] }, additions);
    else if (origin === 'standard' && scope !== '')
      this.alive.add(name ?? '', scope, { additions: reached, names: [], modules: [] }, additions);
    else additions.push(...reached);
  }

  /** Whether an import by the standard library never happens here. */
  private neverHappens({ module, scope }: Edge, name: string): boolean {
    if (NEVER[name]?.some((other) => module.name === other || module.name.startsWith(`${other}.`))) return true;
    if (FALLBACKS[module.name] !== undefined && this.world.finder.find(FALLBACKS[module.name] as string)) return true;
    return scope === '__main__' && !this.started.has(name);
  }

  /** Whether what code of others names is of no use: without its C library, an installer, a test runner that is not kept. */
  private isIdle({ module, statement }: Edge, from: string): boolean {
    const needs = NEEDS[module.name.split('.')[0] as string];
    if (needs !== undefined && !this.usable.has(needs)) return true;
    // The standard library's own tests, which some installers of Python leave in place, are named by nobody who needs them.
    if (!statement && module.name.startsWith('test.') && this.world.isStandard(module.file ?? '')) return true;
    const owner = module.file === undefined ? undefined : this.world.distributions.ownerOf(module.file);
    if (!owner) return false;
    if (INSTALLERS.has(owner.name)) return !statement;
    const by = this.world.distributions.ownerOf(from);
    return this.runners.has(owner) && !(by && this.runners.has(by));
  }

  /** The functions of a module of the standard library: what they name counts once they are alive. */
  private notice({ names, functions, strings }: Summary, name: string, modules: readonly string[], additions: Addition[]): void {
    // Methods whose names are put together: getattr(self, 'do_' + command).
    const prefixes = strings.filter((text) => /^\w{2,}_$/.test(text));
    for (const [scope, inside] of Object.entries(functions)) {
      this.alive.add(name, scope, { additions: [], names: inside, modules }, additions);
      if (prefixes.some((prefix) => scope.replace(/^.*\./, '').startsWith(prefix))) this.alive.waken(scope.split('.'), [name], additions);
    }
    this.alive.waken(names, modules, additions);
  }

  /** Single words in the app's own code that are installed packages: INSTALLED_APPS and its like. */
  private followWords(summary: Summary, path: string, additions: Addition[]): void {
    for (const word of summary.strings) {
      if (!/^\w+$/.test(word)) continue;
      const module = this.world.finder.find(word);
      if (module?.file && this.world.distributions.ownerOf(module.file))
        additions.push(...this.reached(module, 'app', path, `named in the string ${JSON.stringify(word)}, by ${baseName(path)}`));
    }
  }

  /** Plugins of the groups of entry points that this code names. */
  private followGroups(summary: Summary, path: string, additions: Addition[]): void {
    for (const group of summary.strings) {
      if (NO_PLUGINS.test(group)) continue;
      for (const { distribution, point } of this.world.distributions.groups.get(group) ?? []) {
        const module = this.world.finder.find(point.module);
        if (module)
          additions.push(
            ...this.reached(module, 'pulled', path, `plugin ${point.name} of the group ${group}, which ${baseName(path)} reads`),
          );
        this.grades.want(distribution, 'pulled', path);
      }
    }
  }

  private root(name: string, detail: string, additions: Addition[]): void {
    const module = this.world.finder.find(name);
    if (module) additions.push(...this.reached(module, 'touched', undefined, detail));
  }

  /** What keeps a module, and how much of its distribution that asks for. */
  private reached(module: Module, grade: Grade, from: string | undefined, detail = WHY[grade]): Addition[] {
    const parents = from === undefined ? [] : [from];
    const additions: Addition[] = (module.search ?? []).map((path) => ({ path, rule: 'python', parents, detail }));
    if (module.file !== undefined) {
      const twin = this.twin(module, grade);
      const path = twin ?? this.world.finder.kept(module.file);
      additions.push({ path, rule: 'python', parents, detail: twin === undefined ? detail : `${detail}, in place of its compiled twin` });
      const distribution = this.world.distributions.ownerOf(module.file);
      if (distribution) this.grades.want(distribution, grade, from ?? path);
    }
    this.unseen(module, additions);
    return additions;
  }

  /** What a module of the standard library imports where no reader of Python code can see it. */
  private unseen({ name, file }: Module, additions: Addition[]): void {
    const add = (path: string, detail: string, only: string | undefined) => {
      const addition = { path, rule: 'python', parents: file === undefined ? [] : [file], detail };
      if (only === undefined) additions.push(addition);
      else this.alive.add(name, only, { additions: [addition], names: [], modules: [] }, additions);
    };
    for (const imported of IMPORTED_BY_C[name] ?? []) {
      const [other, only] = typeof imported === 'string' ? [imported] : [imported.module, imported.for];
      const found = this.world.finder.find(other)?.file;
      if (found !== undefined && !NEEDS[other]) add(this.world.finder.kept(found), `imported by the C code of ${name}`, only);
    }
    const computed = COMPUTED[name];
    for (const path of computed && file !== undefined
      ? this.world.layout.standardLibrary.flatMap((folder) => this.world.fs.list(folder))
      : [])
      if (computed?.file.test(path)) add(path, `imported by ${name}, by a name that it puts together`, computed.for);
    const substitute = SUBSTITUTES[name];
    if (file === undefined || !substitute || substitute.system.some((path) => this.world.fs.resolve(path))) return;
    const distribution = this.world.distributions.all.find((one) => one.name === substitute.distribution);
    if (distribution) this.grades.want(distribution, 'pulled', file);
  }

  /**
   * The Python module beside an extension module of the same name, which does the same, only slower. It serves in a
   * distribution that the app does not import, where the extension module was not observed.
   */
  private twin({ kind, file }: Module, grade: Grade): string | undefined {
    if (kind !== 'extension' || grade === 'app' || file === undefined || this.observed.has(file)) return undefined;
    const suffix = this.world.layout.suffixes.find((ending) => file.endsWith(ending)) as string;
    const source = `${file.slice(0, -suffix.length)}.py`;
    const distribution = this.world.distributions.ownerOf(file);
    if (!distribution || this.grades.has(distribution, 'app')) return undefined;
    return this.world.distributions.ownerOf(source) === distribution && this.world.fs.lstat(source) ? source : undefined;
  }
}
