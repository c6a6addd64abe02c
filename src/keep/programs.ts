import type { Distribution } from '../python/distributions.js';
import { MAIN, type Summary } from '../python/summary.js';
import { baseName, type Entry, parentOf } from '../rootfs.js';
import { SHELLS } from './data/shells.js';
import {
  anyPath,
  commandsKeyed,
  commandsMeant,
  commandsRun,
  installedProgram,
  librariesLoaded,
  librariesNeeded,
  linesMeant,
  type Named,
  offered,
  packageProgram,
  prefixed,
  programNamed,
  systemData,
  wordNamed,
} from './evidence.js';
import { isPrefix } from './prefixes.js';
import { isAppCode } from './purpose.js';
import { onlyBuilds } from './python/builds.js';
import { CalledFunctions } from './python/called.js';
import type { Grades } from './python/grades.js';
import { HandedCommands, type Place } from './python/handed.js';
import { namedByConfiguration } from './python/roots.js';
import type { PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { programNames } from './scripts.js';

/**
 * What kept Python code names outside Python (from the level `reachable` on): programs that it runs, libraries that it
 * loads by name, files of the system. What the app's own code names is kept; what other code names is an offer. The standard
 * library's own code does not count: it names the programs of every operating system.
 */
export class NamedRule implements Rule {
  readonly name = 'named';
  private readonly handed = new HandedCommands();
  private readonly called: CalledFunctions;
  /** What functions name that kept code may call since the last call of a method of this rule. */
  private ready: Finding[] = [];
  /** What runs programs: the app, distributions, and modules by their paths without `.py`. */
  private readonly running = new Set<string>([ALWAYS]);
  /** Strings that are names of programs. They count where one of the places runs programs: the app, or the module and its imports. */
  private waiting: Waiting[] = [];

  /** Names of the programs in PATH. */
  private programs: ReadonlySet<string> | undefined;
  /** The same strings are in many modules. */
  private readonly inStrings = new Map<string, Promise<Named[]>>();
  /** @param started modules that a command line runs (`-m`) */
  constructor(
    private readonly world: PythonWorld,
    private readonly started: ReadonlySet<string>,
    private readonly grades: Grades,
  ) {
    this.called = new CalledFunctions(world, grades);
  }

  async visit({ path }: Entry, context: Context): Promise<Finding[]> {
    const { world } = this;
    const own = isAppCode(path, context);
    const distribution = world.distributions.ownerOf(path);
    this.called.take(path, own);
    if (world.isStandard(path)) return this.takeReady();
    const findings: Finding[] = [];
    for (const { file, summary: all } of world.codeIn(path)) {
      if (!own && onlyBuilds(path, all)) continue;
      const module = world.finder.at(file)?.name ?? baseName(path);
      const isRun = own || !world.finder.at(file) || this.started.has(module) || baseName(path) === '__main__.py';
      const summary = isRun ? all : asImported(all);
      const from: Place = { path, module, own, distribution };
      this.handed.take({ ...summary, handed: [], passed: [] }, from);
      for (const [scope, inFunction] of byFunction(summary))
        findings.push(...(await this.inFunction(scope, { ...summary, ...inFunction }, from, context)));
      const named = [
        ...(await commandsMeant(summary, own, context)),
        ...(await commandsKeyed(summary, context)),
        ...(own ? summary.paths.flatMap((text) => anyPath(text, world)) : await systemData(summary, context)),
      ];
      findings.push(...named.flatMap((one) => findingsOf(one, path, module)));
      const near = [path.replace(/\.pyc?$/, ''), ...besides(summary, path, context), ...(own ? [] : imported(summary, from, world))];
      if (runsPrograms(summary, own)) {
        for (const place of [wholeOf(from), near[0] as string]) this.running.add(place);
        if (own) for (const place of near.slice(1)) this.running.add(usedBy(place));
        if (summary.shell) this.running.add(shellIn(near[0] as string));
      }
      await this.takeStrings(summary, from, near, context);
    }
    return [...findings, ...this.takeReady()];
  }

  /** Takes in the strings that may name programs. @param near a module and those beside it that it imports, as in `running` */
  private async takeStrings(summary: Summary, from: Place, near: readonly string[], context: Context): Promise<void> {
    const { path, module, own, distribution } = from;
    const add = (named: readonly Named[], places: readonly string[], importedByApp?: Distribution) => {
      const findings = named.flatMap((one) => findingsOf(one, path, module));
      if (findings.length > 0) this.waiting.push({ places, findings, ...(importedByApp && { importedByApp }) });
    };
    const places = own ? [wholeOf(from)] : near;
    add(await linesMeant(summary, context), [wholeOf(from)]);
    for (const name of summary.strings) {
      if (isPrefix(name)) add(weakly(prefixed(name, context)), places);
      if (isPrefix(name) || !this.isProgramName(name, context)) continue;
      add(await this.packageProgram(name, context), places);
      if (!own && SHELLS.test(name)) add(await programNamed(name, own, context, undefined, true), near.map(shellIn));
      if (own) {
        add(await installedProgram(name, context), places);
        add(await wordNamed(name, context), [...near, usedBy(near[0] as string)]);
      } else if (distribution && isWrapper(module, name)) add(await programNamed(name, true, context), places, distribution);
    }
  }

  /** What a function names. @param scope its name, or '' @param summary that of its module, with what this function names alone */
  private async inFunction(
    scope: string,
    { commands, handed, passed, libraries, imports, names }: Summary,
    from: Place,
    context: Context,
  ): Promise<Finding[]> {
    const { path, module, own, distribution } = from;
    const named = [...(await commandsRun(commands, own, context)), ...(await librariesLoaded(libraries, own, context))];
    if (distribution && !own && (scope === '' || names.includes(scope))) {
      const needed = (await librariesNeeded(libraries, context)).flatMap((one) => findingsOf(one, path, module));
      if (needed.length > 0) this.waiting.push({ places: [ALWAYS], findings: needed, importedByApp: distribution });
    }
    const part: Part = { isCalled: false, findings: named.flatMap((one) => findingsOf(one, path, module)) };
    this.handed.take({ handed, passed, handsOn: {}, imports }, from, part);
    this.called.whenNeeded(scope, own ? undefined : distribution, () => this.call(part));
    return part.isCalled ? [] : part.findings.map(weaker);
  }

  private call(part: Part): void {
    if (part.isCalled) return;
    part.isCalled = true;
    this.ready.push(...part.findings);
  }

  private takeReady(): Finding[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  private isProgramName(name: string, context: Context): boolean {
    this.programs ??= programNames(context);
    return this.programs.has(name);
  }

  private packageProgram(name: string, context: Context): Promise<Named[]> {
    const known = this.inStrings.get(name) ?? packageProgram(name, context);
    this.inStrings.set(name, known);
    return known;
  }

  /** Commands that functions hand on, and names in strings: which code runs programs is known once all code is read. */
  async settle(context: Context): Promise<Finding[]> {
    this.called.settle();
    const ready = this.waiting.filter(
      ({ places, importedByApp }) =>
        places.some((place) => this.running.has(place)) && (importedByApp === undefined || this.grades.has(importedByApp, 'app')),
    );
    this.waiting = this.waiting.filter((one) => !ready.includes(one));
    const findings = [...this.takeReady(), ...ready.flatMap((one) => one.findings)];
    for (const { path, module, own, line, text, isCalled } of this.handed.found()) {
      const found = (await commandsRun([[line, '', text]], own, context)).flatMap((one) => findingsOf(one, path, module));
      findings.push(...(isCalled ? found : found.map(weaker)));
    }
    return findings;
  }
}

function weakly(named: readonly Named[]): Named[] {
  return named.map((one) => ({ ...one, offer: 'call' }));
}

/** A module that running code imports, as in `running`. */
function usedBy(place: string): string {
  return `${place} used`;
}

/** A module that gives command lines to a shell, as in `running`. */
function shellIn(place: string): string {
  return `${place} shell`;
}

/** The app, or the distribution that code belongs to, as in `running`. */
function wholeOf({ own, distribution, path }: Place): string {
  return own ? 'the app' : `all of ${distribution?.name ?? path}`;
}

/** Modules that commands of the image and shell scripts run in the app's Python (`-m`). */
export function startedModules({ commands, given }: Pick<Context, 'commands' | 'given'>): Set<string> {
  // A shell's command line is one word.
  const words = commands.map((command) => command.flatMap((word) => word.split(/\s+/)));
  return new Set([...namedByConfiguration(words, {}).map(([, name]) => name), ...given.modules.map(({ module }) => module)]);
}

/** In `running`: for what waits for no code that runs programs. */
const ALWAYS = 'always';

/** What one function of a module names, or its code outside functions. */
type InFunction = Pick<Summary, 'commands' | 'handed' | 'passed' | 'libraries'>;

/** What a function of a distribution names, and whether kept code may call it. */
interface Part {
  isCalled: boolean;
  findings: readonly Finding[];
}

/** What a function names that nobody calls is kept only where it costs next to nothing. */
function weaker(finding: Finding): Finding {
  return 'offer' in finding ? { ...finding, offer: 'name' } : finding;
}

/** Function, or '', → what it names. */
function byFunction({ commands, handed, passed, libraries }: Summary): Map<string, InFunction> {
  const parts = new Map<string, { [key in keyof InFunction]: InFunction[key][number][] }>();
  const of = (scope: string) => {
    const part = parts.get(scope) ?? { commands: [], handed: [], passed: [], libraries: [] };
    parts.set(scope, part);
    return part;
  };
  for (const command of commands) of(command[1]).commands.push(command);
  for (const given of handed) of(given[1]).handed.push(given);
  for (const given of passed) of(given[1]).passed.push(given);
  for (const library of libraries) of(library[0]).libraries.push(library);
  return parts;
}

/** Findings that wait until code that runs programs is found in one of the places. */
interface Waiting {
  places: readonly string[];
  findings: Finding[];
  /** They also wait until the app's own code imports this distribution. */
  importedByApp?: Distribution;
}

/**
 * Whether a module belongs to a wrapper of a program, which has its name: `git` of GitPython, `pypandoc`, `pytesseract`. An app that
 * imports a wrapper runs the program, as if it named it itself.
 */
function isWrapper(module: string, program: string): boolean {
  return module.split('.', 1)[0]?.replace(/^(python_?|py)(?=[a-z]{3})/, '') === program;
}

/** A module without what it does only where it is run as a program. */
function asImported(summary: Summary): Summary {
  const { commands, handed } = summary;
  const isImported = ([, scope]: readonly [number, string, ...string[]]) => scope !== MAIN;
  return { ...summary, commands: commands.filter(isImported), handed: handed.filter(isImported) };
}

function findingsOf({ paths, offer }: Named, parent: string, module: string): Finding[] {
  const additions = paths.map((target): Addition => ({ rule: 'named', module, parents: [parent], ...target }));
  return offered(additions, offer);
}

/** Paths, without `.py`, of the modules in the folder of a module that have names which it imports. */
function besides({ imports }: Summary, path: string, { fs }: Context): string[] {
  const names = imports.flatMap(([, , module, imported]) => [module.split('.').at(-1) ?? '', ...imported]);
  return names.map((name) => `${parentOf(path)}/${name}`).filter((one) => fs.lstat(`${one}.py`) ?? fs.lstat(`${one}.pyc`));
}

/** Paths, without `.py`, of the modules of the same distribution that a module imports by their whole names: base classes that run programs. */
function imported({ imports }: Summary, { distribution }: Place, { finder, distributions }: PythonWorld): string[] {
  return imports.flatMap(([, level, module]) => {
    const file = level === 0 ? finder.find(module)?.file : undefined;
    return file !== undefined && distribution && distributions.ownerOf(file) === distribution ? [file.replace(/\.pyc?$/, '')] : [];
  });
}

/** @param own whether it is the app's own code: of that, an import of a module that runs programs is enough */
function runsPrograms({ commands, handsOn, imports }: Summary, own: boolean): boolean {
  return (
    commands.length > 0 ||
    Object.values(handsOn).some((calls) => calls.includes('')) ||
    (own && imports.some(([, level, module]) => level === 0 && /^(subprocess|pexpect|sh|plumbum|invoke|fabric)$/.test(module)))
  );
}
