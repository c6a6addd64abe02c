import { classifyFiles, type FileKind, isPublic } from '../../python/classify.js';
import type { Distribution } from '../../python/distributions.js';
import { depth, type Edge, edgesOf, type Origin } from '../../python/edges.js';
import type { Module } from '../../python/finder.js';
import { allNames, type Summary } from '../../python/summary.js';
import { baseName, type Entry, parentOf } from '../../rootfs.js';
import type { Addition } from '../keepset.js';
import type { Context, Rule } from '../rule.js';
import { isProgram } from '../scripts.js';
import { AliveFunctions } from './alive.js';
import { type OwnFiles, ownFiles } from './own.js';
import {
  ASK_FOR_WARNINGS,
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
} from './standard.js';
import { isTestRunner, testRunners } from './tests.js';
import type { PythonWorld } from './world.js';

/** How much of a distribution is kept: what is reached of it; its Python and data; its extension modules too. */
export type Grade = 'touched' | 'pulled' | 'app';
const ORDER: readonly Grade[] = ['touched', 'pulled', 'app'];

const WHY: Record<Grade, string> = {
  touched: 'reached',
  pulled: 'Python and data of a distribution that kept code imports',
  app: 'of a distribution that the app imports',
};

/**
 * What the same program can reach (level `reachable`): every code path of the app's own files, the distributions that
 * they import, and whatever the code of those names. A worklist over the import graph: each kept module is read once.
 */
export class ReachRule implements Rule {
  readonly name = 'python';
  /** Distribution → how much of it is kept, and the path that led to it. */
  readonly grades = new Map<Distribution, { grade: Grade; by: string | undefined }>();
  private own: OwnFiles = { code: new Set(), data: new Set() };
  private entrypoints: ReadonlySet<string> = new Set();
  /** C modules of {@link NEEDS} that the image has, libraries and all. */
  private readonly usable = new Set<string>();
  /** Where a test suite was the exercise: what code of a distribution names of its runner is not kept. */
  private runners: ReadonlySet<Distribution> = new Set();
  /** Lists of files: large, and read only by code that asks for a distribution's files. */
  private readonly records: Addition[] = [];
  private readsRecords = false;
  private observed: ReadonlySet<string> = new Set();
  private exists: (path: string) => boolean = () => false;
  private readonly alive = new AliveFunctions();
  /** Modules that a command line names: of others in the standard library, `if __name__ == "__main__"` never holds. */
  private readonly started = new Set<string>();
  private readonly kinds = new Map<Distribution, Map<string, FileKind>>();

  constructor(private readonly world: PythonWorld) {}

  async prepare(entries: readonly Entry[], context: Context): Promise<void> {
    await this.world.load(entries, (path) => isProgram(path, context));
  }

  async begin(context: Context): Promise<Addition[]> {
    const { trace, config, environment, commands } = context;
    const { world } = this;
    const modules = Object.entries(trace.modules);
    this.own = ownFiles(
      context.fs,
      world,
      config.WorkingDir,
      modules.flatMap(([, file]) => file ?? []),
    );
    this.entrypoints = context.programs;
    this.observed = new Set(trace.observations.flatMap(({ path }) => context.fs.resolve(path)?.path ?? []));
    this.exists = (path) => context.fs.lstat(path) !== undefined;
    for (const name of new Set(Object.values(NEEDS))) {
      const file = world.finder.find(name)?.file;
      if (file !== undefined && (await context.libraries.closure(file)).missing.length === 0) this.usable.add(name);
    }
    if (trace.runs.some(({ tests }) => tests !== null)) this.runners = testRunners(world);
    const additions: Addition[] = interpreterNames(context);
    const keep = (path: string, detail: string) => additions.push({ path, rule: 'python', parents: [], detail });
    for (const path of this.own.code) keep(path, "the app's own code");
    for (const path of this.own.data) keep(path, "beside the app's own code");
    const started = commands.some((command) => command.includes('-m') || command.some((word) => /\.(zip|pyz|pex)$/.test(word)));
    if (
      'PYTHONWARNINGS' in environment ||
      'PYTHONDEVMODE' in environment ||
      commands.some((command) => command.some((word) => /^-[WXb]/.test(word)))
    )
      this.alive.waken([SHOWN_WARNINGS], [], additions);
    for (const name of [...IMPORTED_AT_START, ...(started ? IMPORTED_TO_START : [])])
      this.root(name, 'the interpreter itself imports it', additions);
    const encodings = world.finder.find('encodings');
    for (const child of encodings ? world.finder.children(encodings) : [])
      this.root(`encodings.${child}`, 'a codec is found by its name (codecs.lookup)', additions);
    for (const [name] of modules) {
      // The standard library's are observed as files; those frozen into the interpreter need none.
      const file = world.finder.find(name)?.file;
      if (file !== undefined && !world.isStandard(file)) this.root(name, 'imported while it was watched', additions);
    }
    for (const [what, text] of namedByConfiguration(commands, environment)) {
      const parts = text.split('.');
      const length = depth(text, world.finder);
      if (length === 0 || (what === 'environment' && length < Math.max(1, parts.length - 1))) continue;
      const module = world.finder.find(parts.slice(0, length).join('.')) as Module;
      if (what === 'command') this.started.add(module.name);
      additions.push(...this.reached(module, 'app', undefined, `named by the ${what} of the image`));
    }
    for (const distribution of world.distributions.all) {
      if (distribution.local) additions.push(...(await this.take(distribution, 'app', undefined, context)));
    }
    for (const distribution of world.distributions.onPurpose()) {
      const starts = distribution.entryPoints.some(({ group }) => group === 'console_scripts' || group === 'gui_scripts');
      if (starts && !INSTALLERS.has(distribution.name) && !isTestRunner(distribution))
        additions.push(...(await this.take(distribution, 'pulled', undefined, context, true)));
    }
    await this.takePending(context, additions);
    return additions;
  }

  async visit(entry: Entry, context: Context): Promise<Addition[]> {
    const { world } = this;
    if (entry.type !== 'f') return [];
    const { path } = entry;
    const at = world.finder.at(path);
    const additions: Addition[] = [];
    const distribution = world.distributions.ownerOf(path);
    const summary = world.summary(path);
    if (distribution && (at || this.entrypoints.has(path))) this.want(distribution, this.entrypoints.has(path) ? 'app' : 'pulled', path);
    if (summary) {
      const origin = this.originOf(path, distribution);
      const kind = path.endsWith('.so') ? 'extension' : at ? 'source' : 'script';
      const self = { name: at?.name ?? '', package: at?.package ?? false, kind, origin } as const;
      const edges = edgesOf(self, summary, world.finder);
      for (const edge of edges) this.follow(edge, path, at?.name, origin, additions);
      if (origin === 'own') this.followWords(summary, path, additions);
      if (origin !== 'standard') this.followGroups(summary, path, additions);
      if (!this.readsRecords && origin !== 'standard' && readsRecords(summary)) {
        this.readsRecords = true;
        additions.push(...this.records);
      }
      const modules = [self.name, ...edges.map(({ module }) => module.name)];
      if (origin === 'standard') this.notice(summary, self.name, modules, additions);
      else {
        const names = allNames(summary);
        this.alive.waken(names, modules, additions);
        if ([...ASK_FOR_WARNINGS].some((word) => names.has(word))) this.alive.waken([SHOWN_WARNINGS], [], additions);
      }
    }
    await this.takePending(context, additions);
    return additions;
  }

  private originOf(path: string, distribution: Distribution | undefined): Origin {
    if (this.own.code.has(path) || this.entrypoints.has(path) || distribution?.local) return 'own';
    return this.world.isStandard(path) ? 'standard' : 'distribution';
  }

  private follow(edge: Edge, from: string, name: string | undefined, origin: Origin, additions: Addition[]): void {
    const { module, how, scope } = edge;
    if (origin === 'standard' && NEVER[name ?? '']?.some((other) => module.name === other || module.name.startsWith(`${other}.`))) return;
    if (origin === 'standard' && FALLBACKS[module.name] !== undefined && this.world.finder.find(FALLBACKS[module.name] as string)) return;
    if (FROZEN.has(module.name)) return;
    const needs = NEEDS[module.name.split('.')[0] as string];
    if (needs !== undefined && origin !== 'own' && !this.usable.has(needs)) return;
    const owner = module.file === undefined ? undefined : this.world.distributions.ownerOf(module.file);
    if (owner && INSTALLERS.has(owner.name) && origin !== 'own' && !edge.statement) return;
    if (
      owner &&
      this.runners.has(owner) &&
      origin !== 'own' &&
      !(from && this.runners.has(this.world.distributions.ownerOf(from) as Distribution))
    )
      return;
    if (scope === '__main__' && origin === 'standard' && !this.started.has(name ?? '')) return;
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
        this.want(distribution, 'pulled', path);
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
      if (distribution) this.want(distribution, grade, from ?? path);
    }
    for (const imported of IMPORTED_BY_C[module.name] ?? []) {
      const other = this.world.finder.find(typeof imported === 'string' ? imported : imported.module);
      if (!other?.file || NEEDS[other.name]) continue;
      const path = this.world.finder.kept(other.file);
      const addition = { path, rule: 'python', parents, detail: `imported by the C code of ${module.name}` };
      if (typeof imported === 'string') additions.push(addition);
      else this.alive.add(module.name, imported.for, { additions: [addition], names: [], modules: [] }, additions);
    }
    return additions;
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
    if (!distribution || this.grades.get(distribution)?.grade === 'app') return undefined;
    return this.world.distributions.ownerOf(source) === distribution && this.exists(source) ? source : undefined;
  }

  private readonly pending: { distribution: Distribution; grade: Grade; by: string }[] = [];

  private want(distribution: Distribution, grade: Grade, by: string): void {
    const known = this.grades.get(distribution);
    const most = INSTALLERS.has(distribution.name) && grade !== 'app' ? 'touched' : grade;
    if (known && ORDER.indexOf(known.grade) >= ORDER.indexOf(most)) return;
    this.grades.set(distribution, { grade: most, by });
    this.pending.push({ distribution, grade: most, by });
  }

  private async takePending(context: Context, additions: Addition[]): Promise<void> {
    for (let next = this.pending.pop(); next; next = this.pending.pop()) {
      additions.push(...(await this.take(next.distribution, next.grade, next.by, context)));
    }
  }

  /** The files of a distribution that a grade keeps. */
  private async take(
    distribution: Distribution,
    grade: Grade,
    by: string | undefined,
    context: Context,
    programs = grade === 'app',
  ): Promise<Addition[]> {
    if (this.grades.get(distribution) === undefined) this.grades.set(distribution, { grade, by });
    if (grade === 'touched') return [];
    const kinds = this.kindsOf(distribution);
    const additions: Addition[] = [];
    const detail = `${WHY[grade]} (${distribution.name})`;
    const add = (path: string, what = detail) =>
      additions.push({ path, rule: 'distribution', parents: by === undefined ? [] : [by], detail: what });
    for (const [path, kind] of kinds) {
      if (baseName(path) === 'RECORD' && kind === 'metadata') {
        if (this.readsRecords) add(path);
        else this.records.push({ path, rule: 'distribution', parents: [distribution.metadata], detail: READ_BY });
      } else if (kind === 'module' || kind === 'bytecode' || kind === 'data' || kind === 'metadata') add(path);
      else if (kind === 'extension' && grade === 'app' && isPublic(this.world.finder.at(path)?.name ?? '_')) add(path);
      else if (kind === 'program' && programs)
        add(path, `a program of ${distribution.name}, which ${grade === 'app' ? 'the app imports' : 'no other distribution requires'}`);
      else if (kind === 'library' && (await isOpenedByPath(path, kinds, context)))
        add(path, `a library of ${distribution.name} that none of its files is linked with`);
    }
    for (const { group, name, module } of distribution.entryPoints) {
      const found = this.world.finder.find(module);
      if (found && !/^distutils\./.test(group))
        additions.push(...this.reached(found, 'pulled', by, `entry point ${name} of ${distribution.name} (${group})`));
    }
    return additions;
  }

  private kindsOf(distribution: Distribution): Map<string, FileKind> {
    const known = this.kinds.get(distribution) ?? classifyFiles(distribution, this.world.layout.suffixes);
    this.kinds.set(distribution, known);
    return known;
  }
}

/** The names under which a program or a first line finds the interpreter: python, python3, python3.13. */
function interpreterNames({ fs, trace, environment }: Context): Addition[] {
  const real = fs.resolve(trace.python.executable)?.path;
  return (environment.PATH ?? '')
    .split(':')
    .flatMap((folder) => fs.list(fs.resolve(folder)?.path ?? ''))
    .filter((path) => /^python[\d.]*$/.test(baseName(path)) && fs.resolve(path)?.path === real)
    .map((path) => ({ path, rule: 'python', parents: [trace.python.executable], detail: 'another name of the interpreter' }));
}

const READ_BY = 'its list of files, which kept code asks for';

/** Whether code may ask for the files of a distribution (importlib.metadata.files, packages_distributions, RECORD itself). */
function readsRecords(summary: Summary): boolean {
  if (summary.strings.includes('RECORD')) return true;
  const names = allNames(summary);
  const asks = summary.imports.some(
    ([, , module, imported]) =>
      /^importlib[._]metadata$/.test(module) && (imported.length === 0 || imported.includes('files') || imported.includes('distribution')),
  );
  return names.has('packages_distributions') || (asks && names.has('files'));
}

/** A shared library that lies in a package and that no other file of it needs: its code opens it by its path. */
async function isOpenedByPath(path: string, kinds: ReadonlyMap<string, FileKind>, { libraries }: Context): Promise<boolean> {
  if (/\.libs$/.test(parentOf(path))) return false;
  const name = baseName(path);
  for (const [other, kind] of kinds) {
    if (other === path || (kind !== 'extension' && kind !== 'library')) continue;
    if ((await libraries.elf(other))?.needed.includes(name)) return false;
  }
  return true;
}

/** Dotted names on command lines (`app:app`, `-m flask`) and in values of environment variables (DJANGO_SETTINGS_MODULE). */
function namedByConfiguration(
  commands: readonly (readonly string[])[],
  environment: Readonly<Record<string, string>>,
): [what: 'command' | 'environment', name: string][] {
  const dotted = (text: string) => /^[A-Za-z_][\w.]*(?=$|:)/.exec(text)?.[0];
  const found: ['command' | 'environment', string][] = [];
  for (const command of commands) {
    command.forEach((word, index) => {
      const name = dotted(word);
      if (name !== undefined && (command[index - 1] === '-m' || /[.:]/.test(word))) found.push(['command', name]);
    });
  }
  for (const value of Object.values(environment)) {
    const name = dotted(value);
    if (name !== undefined && name.length > 1) found.push(['environment', name]);
  }
  return found;
}
