import { isAdded } from '../os/places.js';
import type { Distribution } from '../python/distributions.js';
import { MAIN, type Summary } from '../python/summary.js';
import { baseName, below, type Entry, parentOf } from '../rootfs.js';
import { BUILD_PROGRAMS } from './data/building.js';
import type { Strength } from './data/costs.js';
import { APP_SHELVES, KERNEL_DIRECTORIES, PROGRAM_DATA, SHARED_DATA } from './data/directories.js';
import { TERMINAL_PROGRAMS } from './data/terminal.js';
import { isPrefix, programsWith } from './prefixes.js';
import { isAppCode, isInstalled, isOnPurpose, packageOnPurpose } from './purpose.js';
import { onlyBuilds } from './python/builds.js';
import type { Grades } from './python/grades.js';
import { HandedCommands } from './python/handed.js';
import { namedByConfiguration } from './python/roots.js';
import type { PythonWorld } from './python/world.js';
import type { Addition, Because } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { findProgram, programNames } from './scripts.js';

/** What separates commands in a command line: a program's name comes next. */
const SEPARATORS = /[|;&\n]+|\$\(|`/;

/**
 * What kept Python code names outside Python (from the level `reachable` on): programs that it runs, libraries that it
 * loads by name, files of the system. What the app's own code names is kept; what other code names is an offer. The standard
 * library's own code does not count: it names the programs of every operating system.
 */
export class NamedRule implements Rule {
  readonly name = 'named';
  private readonly handed = new HandedCommands();
  /** What runs programs: the app, and modules of other code by their paths without `.py`. */
  private readonly running = new Set<string>();
  /** Strings that are names of programs. They count where one of the places runs programs: the app, or the module and its imports. */
  private waiting: Waiting[] = [];

  /** Names of the programs in PATH. */
  private programs: ReadonlySet<string> | undefined;
  /** The same strings are in many modules. */
  private readonly inStrings = new Map<string, Promise<Named[]>>();
  /** Modules that a command line runs (`-m`). */
  private readonly started: ReadonlySet<string>;

  constructor(
    private readonly world: PythonWorld,
    { commands }: Pick<Context, 'commands'>,
    private readonly grades: Grades,
  ) {
    // A shell's command line is one word.
    const words = commands.map((command) => command.flatMap((word) => word.split(/\s+/)));
    this.started = new Set(namedByConfiguration(words, {}).map(([, name]) => name));
  }

  async visit({ path }: Entry, context: Context): Promise<Finding[]> {
    const { world } = this;
    const own = isAppCode(path, context);
    if (world.isStandard(path)) return [];
    const distribution = world.distributions.ownerOf(path);
    const place = own ? 'the app' : path.replace(/\.pyc?$/, '');
    const findings: Finding[] = [];
    for (const { file, summary: whole } of world.codeIn(path)) {
      if (!own && onlyBuilds(path, whole)) continue;
      const module = world.finder.at(file)?.name ?? baseName(path);
      const isRun = own || this.started.has(module) || baseName(path) === '__main__.py';
      const summary = isRun ? whole : asImported(whole);
      this.handed.take(summary, { path, module, own, distribution });
      const named = [
        ...(await commandsRun(summary, own, context)),
        ...(await librariesLoaded(summary, own, context)),
        ...(own ? summary.paths.flatMap((text) => anyPath(text, world)) : await systemData(summary, context)),
      ];
      findings.push(...named.flatMap((one) => findingsOf(one, path, module)));
      if (runsPrograms(summary, own)) this.running.add(place);
      const places = [place, ...besides(summary, path)];
      const inStrings: Named[] = [];
      for (const name of summary.strings) {
        if (isPrefix(name)) inStrings.push(...prefixed(name, context).map((one): Named => ({ ...one, offer: 'call' })));
        else if (this.isProgramName(name, context)) {
          inStrings.push(...(await this.packageProgram(name, context)));
          if (distribution && !own && isWrapper(module, name)) {
            const wrapped = await programNamed(name, true, context);
            this.waiting.push({ places, findings: wrapped.flatMap((one) => findingsOf(one, path, module)), importedByApp: distribution });
          }
        }
      }
      if (inStrings.length > 0) this.waiting.push({ places, findings: inStrings.flatMap((one) => findingsOf(one, path, module)) });
    }
    return findings;
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
    const ready = this.waiting.filter(
      ({ places, importedByApp }) =>
        places.some((place) => this.running.has(place)) && (importedByApp === undefined || this.grades.has(importedByApp, 'app')),
    );
    this.waiting = this.waiting.filter((one) => !ready.includes(one));
    const findings = ready.flatMap((one) => one.findings);
    for (const { path, module, own, line, text } of this.handed.found()) {
      for (const name of programs([text]))
        findings.push(...(await programNamed(name, own, context, line)).flatMap((one) => findingsOf(one, path, module)));
    }
    return findings;
  }
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

/** Paths that code names; the first is the one that it means. */
interface Named {
  paths: readonly Target[];
  /** Missing where the paths are kept whatever they cost. */
  offer?: Strength;
}

type Target = Omit<Because<'named'>, 'rule' | 'module'> & { path: string };

function findingsOf({ paths, offer }: Named, parent: string, module: string): Finding[] {
  const additions = paths.map((target): Addition => ({ rule: 'named', module, parents: [parent], ...target }));
  return offer === undefined ? additions : [{ offer, additions }];
}

/** Paths, without `.py`, that modules in the folder of a module would have under the names that it imports. */
function besides({ imports }: Summary, path: string): string[] {
  const names = imports.flatMap(([, , module, imported]) => [module.split('.').at(-1) ?? '', ...imported]);
  return names.map((name) => `${parentOf(path)}/${name}`);
}

/** @param own whether it is the app's own code: of that, an import of a module that runs programs is enough */
function runsPrograms({ commands, handsOn, imports }: Summary, own: boolean): boolean {
  return (
    commands.length > 0 ||
    Object.values(handsOn).some((calls) => calls.includes('')) ||
    (own && imports.some(([, level, module]) => level === 0 && /^(subprocess|pexpect|sh|plumbum|invoke|fabric)$/.test(module)))
  );
}

/** The programs in command lines that code runs. */
async function commandsRun({ commands, maybe, shell }: Summary, own: boolean, context: Context): Promise<Named[]> {
  const named: Named[] = shell ? [{ paths: [{ path: '/bin/sh', kind: 'shell' }] }] : [];
  for (const [line, , text] of commands) for (const name of programs([text])) named.push(...(await programNamed(name, own, context, line)));
  if (own) for (const name of programs(maybe)) named.push(...(await programNamed(name, false, context)));
  return named;
}

/** @param own whether it is the app's own code that runs the program */
async function programNamed(name: string, own: boolean, context: Context, line?: number): Promise<Named[]> {
  if (isPrefix(name)) return prefixed(name, context, line);
  const path = !own && TERMINAL_PROGRAMS.has(baseName(name)) ? undefined : findProgram(name, context);
  if (path === undefined || !isFile(context.fs.resolve(path)?.entry)) return [];
  const paths: Target[] = [{ path, kind: 'program', subject: name, ...(line !== undefined && { line }) }];
  if (own) return [{ paths }];
  if (BUILD_PROGRAMS.test(baseName(name))) return [{ paths, offer: 'name' }];
  return [{ paths, ...(!(await isOnPurpose(path, context)) && { offer: 'call' }) }];
}

/** All programs that code may start with a constant prefix and an argument. Which ones it starts is up to the user. */
function prefixed(name: string, context: Context, line?: number): Named[] {
  return programsWith(name, context).map((path) => ({
    paths: [{ path, kind: 'program', subject: name, ...(line !== undefined && { line }) }],
  }));
}

async function librariesLoaded({ libraries }: Summary, own: boolean, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  for (const name of libraries) {
    const found = await context.libraries.named(name);
    for (const path of found) {
      const isOffer = !own && !(await isOnPurpose(path, context));
      named.push({ paths: [{ path, kind: 'library', subject: name }], ...(isOffer && { offer: 'call' }) });
    }
    // ctypes.util.find_library asks ldconfig (Lib/ctypes/util.py).
    if (found.length > 0 && !name.includes('.so')) named.push({ paths: [{ path: '/sbin/ldconfig', kind: 'find-library' }] });
  }
  return named;
}

/**
 * The program that the app's author put into the image, where a string is its name (`DOT = Path("dot")`). Code that wraps a program
 * often has its name far from where it runs it.
 */
async function packageProgram(name: string, context: Context): Promise<Named[]> {
  if (name.length < 2 || BUILD_PROGRAMS.test(name) || TERMINAL_PROGRAMS.has(name)) return [];
  const path = findProgram(name, context);
  if (path === undefined || !isFile(context.fs.resolve(path)?.entry)) return [];
  const of = await packageOnPurpose(path, context);
  if (of !== undefined) return [{ paths: [{ path, kind: 'package-program', subject: name, of }] }];
  return (await isOnPurpose(path, context)) ? [{ paths: [{ path, kind: 'program', subject: name }] }] : [];
}

/** A path that the app's own code names. Of a folder of data, everything in it. */
function anyPath(named: string, world: PythonWorld): Named[] {
  if (named === '/' || KERNEL_DIRECTORIES.test(named)) return [];
  const found = world.fs.resolve(named);
  const isData = found?.entry.type === 'd' && (isAdded(found.path) ? !APP_SHELVES.test(found.path) : PROGRAM_DATA.test(`${found.path}/`));
  const inside = isData ? below(world.fs, found.path).filter((path) => !isAdded(path) || world.isOwn(path)) : [];
  return [
    { paths: [{ path: named, kind: 'path', subject: named }, ...inside.map((path): Target => ({ path, kind: 'inside', subject: named }))] },
  ];
}

/**
 * Files of the system that a distribution's code names. Of a folder of shared data, everything in it. What no package brought is
 * the author's own data.
 */
async function systemData({ paths }: Summary, context: Context): Promise<Named[]> {
  const { fs } = context;
  const isProgram = (path: string) => fs.lstat(path)?.type === 'f' && ((fs.lstat(path)?.mode ?? 0) & 0o111) !== 0;
  const named: Named[] = [];
  for (const subject of paths) {
    const found = fs.resolve(subject);
    const isData = found?.entry.type === 'f' ? !isProgram(found.path) : found?.entry.type === 'd' && SHARED_DATA.test(`${found.path}/`);
    if (!found || !isData) continue;
    const inside = found.entry.type === 'd' ? below(fs, found.path).filter((path) => !isProgram(path)) : [];
    const sample = inside.find((path) => fs.lstat(path)?.type === 'f') ?? found.path;
    named.push({
      paths: [subject, ...inside].map((path) => ({ path, kind: 'system-path', subject })),
      ...((await isInstalled(sample, context)) && { offer: 'call' }),
    });
  }
  return named;
}

/** Names of programs in command lines: the first word, and the first word after a pipe or a semicolon. */
function programs(commands: readonly string[]): string[] {
  const names = new Set<string>();
  for (const command of commands) {
    for (const part of command.split(SEPARATORS)) {
      const name = part
        .trim()
        .split(/\s+/)
        .find((word) => !/^\w+=/.test(word));
      if (name !== undefined && (/^[\w./+-]{2,}$/.test(name) || isPrefix(name))) names.add(name);
    }
  }
  return [...names];
}

function isFile(entry: Entry | undefined): boolean {
  return entry?.type === 'f' && (entry.mode & 0o111) !== 0;
}
