import { classifyFiles, type FileKind, isPublic } from '../../python/classify.js';
import type { Distribution } from '../../python/distributions.js';
import { depth, type Edge, edgesOf, type Origin } from '../../python/edges.js';
import type { Module } from '../../python/finder.js';
import type { Summary } from '../../python/summary.js';
import { baseName, type Entry, parentOf } from '../../rootfs.js';
import type { Addition } from '../keepset.js';
import type { Context, Rule } from '../rule.js';
import { isProgram } from '../scripts.js';
import { type OwnFiles, ownFiles } from './own.js';
import { CALLED_BY_C, IMPORTED_BY_C, INSTALLERS, INTERACTIVE, NO_PLUGINS } from './standard.js';
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
  /** Names that some code loads. A function of the standard library whose name is not among them is never called. */
  private readonly live = new Set<string>(CALLED_BY_C);
  private readonly dormant = new Map<string, Addition[]>();
  private readonly kinds = new Map<Distribution, Map<string, FileKind>>();

  constructor(private readonly world: PythonWorld) {}

  async prepare(entries: readonly Entry[], context: Context): Promise<void> {
    await this.world.load(entries, (path) => isProgram(path, context));
  }

  async begin(context: Context): Promise<Addition[]> {
    const { trace, config, environment, commands } = context;
    const { world } = this;
    const modules = Object.entries(trace.modules);
    this.own = ownFiles(context.fs, world, config.WorkingDir, modules.flatMap(([, file]) => file ?? []));
    this.entrypoints = context.programs;
    const additions: Addition[] = [];
    const keep = (path: string, detail: string) => additions.push({ path, rule: 'python', parents: [], detail });
    for (const path of this.own.code) keep(path, "the app's own code");
    for (const path of this.own.data) keep(path, "beside the app's own code");
    for (const names of Object.values(IMPORTED_BY_C).slice(0, 3)) {
      for (const name of names) this.root(name, 'the interpreter itself imports it', additions);
    }
    const encodings = world.finder.find('encodings');
    for (const child of encodings ? world.finder.children(encodings) : [])
      this.root(`encodings.${child}`, 'a codec is found by its name (codecs.lookup)', additions);
    for (const [name] of modules) this.root(name, 'imported while it was watched', additions);
    for (const [what, text] of namedByConfiguration(commands, environment)) {
      const parts = text.split('.');
      const length = depth(text, world.finder);
      if (length === 0 || (what === 'environment' && length < Math.max(1, parts.length - 1))) continue;
      const module = world.finder.find(parts.slice(0, length).join('.')) as Module;
      this.root(module.name, `named by the ${what} of the image`, additions);
      additions.push(...this.reached(module, 'app', undefined));
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
    if (distribution && (at || this.entrypoints.has(path)))
      this.want(distribution, this.entrypoints.has(path) ? 'app' : 'pulled', path);
    if (summary) {
      const origin = this.originOf(path, distribution);
      const kind = path.endsWith('.so') ? 'extension' : at ? 'source' : 'script';
      const self = { name: at?.name ?? '', package: at?.package ?? false, kind, origin } as const;
      for (const edge of edgesOf(self, summary, world.finder)) this.follow(edge, path, at?.name, origin, additions);
      if (origin === 'own') this.followWords(summary, path, additions);
      if (origin !== 'standard') this.followGroups(summary, path, additions);
      this.waken(summary.names, additions);
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
    if (origin === 'standard' && name !== undefined && INTERACTIVE[name]?.includes(module.name.split('.')[0] as string)) return;
    const reached = this.reached(module, origin === 'own' ? 'app' : 'pulled', from, `${how} of ${name ?? baseName(from)}`.replace(/^(named.*) of /, '$1, by '));
    const asleep = origin === 'standard' && scope !== '' && !/^__\w+__$/.test(scope) && !this.live.has(scope);
    if (!asleep) additions.push(...reached);
    else this.dormant.set(scope, [...(this.dormant.get(scope) ?? []), ...reached]);
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
        if (module) additions.push(...this.reached(module, 'pulled', path, `plugin ${point.name} of the group ${group}, which ${baseName(path)} reads`));
        this.want(distribution, 'pulled', path);
      }
    }
  }

  private waken(names: readonly string[], additions: Addition[]): void {
    for (const name of names) {
      if (this.live.has(name)) continue;
      this.live.add(name);
      additions.push(...(this.dormant.get(name) ?? []));
      this.dormant.delete(name);
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
      const path = this.world.finder.kept(module.file);
      additions.push({ path, rule: 'python', parents, detail });
      const distribution = this.world.distributions.ownerOf(module.file);
      if (distribution) this.want(distribution, grade, from ?? path);
    }
    for (const name of IMPORTED_BY_C[module.name] ?? []) {
      const other = name === module.name ? undefined : this.world.finder.find(name);
      if (other?.file) additions.push({ path: this.world.finder.kept(other.file), rule: 'python', parents, detail: `imported by the C code of ${module.name}` });
    }
    return additions;
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
  private async take(distribution: Distribution, grade: Grade, by: string | undefined, context: Context, programs = grade === 'app'): Promise<Addition[]> {
    if (this.grades.get(distribution) === undefined) this.grades.set(distribution, { grade, by });
    if (grade === 'touched') return [];
    const kinds = this.kindsOf(distribution);
    const additions: Addition[] = [];
    const detail = `${WHY[grade]} (${distribution.name})`;
    const add = (path: string, what = detail) => additions.push({ path, rule: 'distribution', parents: by === undefined ? [] : [by], detail: what });
    for (const [path, kind] of kinds) {
      if (kind === 'module' || kind === 'bytecode' || kind === 'data' || kind === 'metadata') add(path);
      else if (kind === 'extension' && grade === 'app' && isPublic(this.world.finder.at(path)?.name ?? '_')) add(path);
      else if (kind === 'program' && programs) add(path, `a program of ${distribution.name}, which ${grade === 'app' ? 'the app imports' : 'no other distribution requires'}`);
      else if (kind === 'library' && (await isOpenedByPath(path, kinds, context))) add(path, `a library of ${distribution.name} that none of its files is linked with`);
    }
    for (const { group, name, module } of distribution.entryPoints) {
      const found = this.world.finder.find(module);
      if (found && !/^distutils\./.test(group)) additions.push(...this.reached(found, 'pulled', by, `entry point ${name} of ${distribution.name} (${group})`));
    }
    return additions;
  }

  private kindsOf(distribution: Distribution): Map<string, FileKind> {
    const known = this.kinds.get(distribution) ?? classifyFiles(distribution, this.world.layout.suffixes);
    this.kinds.set(distribution, known);
    return known;
  }
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

/** pytest and what plugs into it: it is there to test the app, not to run it. */
export function isTestRunner({ name, entryPoints }: Distribution): boolean {
  return name === 'pytest' || entryPoints.some(({ group }) => group === 'pytest11');
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
