import { isAdded } from '../os/places.js';
import type { Summary } from '../python/summary.js';
import { baseName, below, type Entry, parentOf } from '../rootfs.js';
import { BUILD_PROGRAMS } from './data/building.js';
import type { Strength } from './data/costs.js';
import { APP_SHELVES, KERNEL_DIRECTORIES, PROGRAM_DATA, REPOSITORIES, SHARED_DATA, TOOL_FOLDERS } from './data/directories.js';
import { INSTALLERS } from './data/installers.js';
import { COMPLETED_SHELLS, TERMINAL_PROGRAMS } from './data/terminal.js';
import { OPENS_WINDOWS } from './opens.js';
import { isPrefix, programsWith } from './prefixes.js';
import { isInstalled, isOnPurpose, packageOnPurpose } from './purpose.js';
import type { PythonWorld } from './python/world.js';
import type { Addition, Because } from './reason.js';
import type { Context, Finding } from './rule.js';
import { findProgram } from './scripts.js';
import { namesInScript } from './shellnames.js';

// What a piece of Python code names outside Python.

/** What separates commands in a command line: a program's name comes next. */
const SEPARATORS = /[|;&\n]+|\$\(|`/;

const PROGRAM_NAME = /^[\w./+-]{2,}$/;

/** A shell that gets a computed command line. Source: GIVEN in probes/commands.py. */
const GIVEN = /^([\w./+-]+) -c \*$/;

/** Paths that code names; the first is the one that it means. */
export interface Named {
  paths: readonly Target[];
  /** Missing where the paths are kept whatever they cost. */
  offer?: Strength;
}

type Target = Omit<Because<'named'>, 'rule' | 'module'> & { path: string };

/** A path that code names, and what is in it. With `offer`, it is kept where it is cheap. */
interface PathNamed {
  offer?: Strength;
  paths: { path: string; kind: 'path' | 'inside'; subject: string }[];
}

/** Additions as they are, or as an offer. */
export function offered(additions: readonly Addition[], offer: Strength | undefined): Finding[] {
  return offer === undefined ? [...additions] : [{ offer, additions }];
}

/** The programs in command lines that code runs. */
export async function commandsRun(commands: Summary['commands'], own: boolean, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  for (const [line, , text] of commands) {
    const shell = GIVEN.exec(text)?.[1];
    for (const name of shell === undefined ? programsInLine(text) : [shell])
      named.push(...(await programNamed(name, own, context, line, shell !== undefined)));
  }
  return named;
}

/** What a module names somewhere in code that runs programs: a shell, and, where it is the app's own, words that may be commands. */
export async function commandsMeant({ maybe, shell }: Summary, own: boolean, context: Context): Promise<Named[]> {
  const named: Named[] = shell ? [{ paths: [{ path: '/bin/sh', kind: 'shell' }] }] : [];
  if (own) for (const name of programs(maybe)) named.push(...(await programNamed(name, false, context)));
  return named;
}

/** The programs in command lines that the app's own code gives to other code by name. That may run them on another computer. */
export async function commandsKeyed({ keyed }: Summary, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  for (const [line, text] of keyed) {
    // A word alone is often a message: {"cmd": "import"}.
    const isWord = /^\S*$/.test(text.trim());
    for (const name of programsInLine(text))
      named.push(...(isWord ? await wordNamed(name, context) : await programNamed(name, false, context, line, true)));
  }
  return named;
}

/** The programs in strings that look like command lines. Some other code runs them. */
export async function linesMeant({ lines }: Summary, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  for (const name of programs(lines)) named.push(...(await programNamed(name, false, context)));
  return named;
}

/**
 * @param own whether it is the app's own code that runs the program
 * @param isGiven whether it is a shell that gets a command line from its caller, and so is there for no person at a terminal
 */
export async function programNamed(name: string, own: boolean, context: Context, line?: number, isGiven = false): Promise<Named[]> {
  if (isPrefix(name)) return prefixed(name, context, line);
  const path = !own && !isGiven && COMPLETED_SHELLS.has(baseName(name)) ? undefined : findProgram(name, context);
  if (path === undefined || !isFile(context.fs.resolve(path)?.entry)) return [];
  const paths: Target[] = [{ path, kind: 'program', subject: name, ...(line !== undefined && { line }) }];
  if (own) return [{ paths }];
  if (BUILD_PROGRAMS.test(baseName(name))) return [{ paths, offer: 'name' }];
  if (await isOnPurpose(path, context)) return [{ paths }];
  return [{ paths, offer: TERMINAL_PROGRAMS.has(baseName(name)) ? 'name' : 'call' }];
}

/** All programs that code may start with a constant prefix and an argument. Which ones it starts is up to the user. */
export function prefixed(name: string, context: Context, line?: number): Named[] {
  return programsWith(name, context).map((path) => ({
    paths: [{ path, kind: 'program', subject: name, ...(line !== undefined && { line }) }],
  }));
}

export async function librariesLoaded(libraries: Summary['libraries'], own: boolean, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  for (const [, name] of libraries) {
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
 * Libraries without which a module can't be imported, since it loads them then. Not those for a GPU or a display, which modules try to
 * load that can do without.
 */
export async function librariesNeeded(libraries: Summary['libraries'], context: Context): Promise<Named[]> {
  const { environment, fs, gpu } = context;
  const needed: Named[] = [];
  for (const one of await librariesLoaded(libraries, true, context)) {
    const path = (one.paths[0] as Target).path;
    const isForDisplay = !environment.DISPLAY && OPENS_WINDOWS.test(baseName(path));
    if (!isForDisplay && (await gpu.use(fs.resolve(path)?.path ?? path)) === undefined) needed.push(one);
  }
  return needed;
}

/**
 * The program that the app's author put into the image, where a string is its name (`DOT = Path("dot")`). Code that wraps a program
 * often has its name far from where it runs it.
 */
export async function packageProgram(name: string, context: Context): Promise<Named[]> {
  const path = programWord(name, context);
  if (path === undefined) return [];
  const of = await packageOnPurpose(path, context);
  if (of !== undefined) return [{ paths: [{ path, kind: 'package-program', subject: name, of }] }];
  return (await isOnPurpose(path, context)) ? [{ paths: [{ path, kind: 'program', subject: name }] }] : [];
}

/** The native program of a distribution that somebody installed by its name, where a string of the app's own code is its name. */
export async function installedProgram(name: string, context: Context): Promise<Named[]> {
  const { fs, python, libraries } = context;
  const path = programWord(name, context);
  const real = path === undefined ? undefined : fs.resolve(path)?.path;
  const owner = real === undefined ? undefined : python?.distributions.ownerOf(real);
  if (path === undefined || real === undefined || !owner || !python?.distributions.isByName(owner) || INSTALLERS.has(owner.name)) return [];
  return (await libraries.elf(real)) ? [{ paths: [{ path, kind: 'program', subject: name }] }] : [];
}

/** The program whose name is a word in a module of the app that runs programs: `TOOLS = {"zip": "7z"}`. */
export async function wordNamed(name: string, context: Context): Promise<Named[]> {
  const path = programWord(name, context);
  return path === undefined ? [] : [{ paths: [{ path, kind: 'program', subject: name }], offer: 'call' }];
}

/** The program that a word may mean. Undefined for a word that names others, such as a compiler or a pager, for other reasons. */
function programWord(name: string, context: Context): string | undefined {
  if (name.length < 2 || BUILD_PROGRAMS.test(name) || COMPLETED_SHELLS.has(name) || TERMINAL_PROGRAMS.has(name)) return undefined;
  const path = findProgram(name, context);
  return path !== undefined && isFile(context.fs.resolve(path)?.entry) ? path : undefined;
}

/**
 * A path that the app names, in its code or elsewhere. Of a folder of data, everything in it; of a file that is to be made, the folder.
 * A folder with code is the app itself: own.ts says what is kept of it.
 */
export function anyPath(named: string, world: PythonWorld): PathNamed[] {
  if (named === '/' || KERNEL_DIRECTORIES.test(named)) return [];
  const found = world.fs.resolve(named);
  if (!found) {
    let folder = parentOf(named);
    while (!world.fs.resolve(folder)) folder = parentOf(folder);
    return folder === '/' ? [] : [{ paths: [{ path: folder, kind: 'path', subject: named }] }];
  }
  const isData = found.entry.type === 'd' && (isAdded(found.path) ? !APP_SHELVES.test(found.path) : PROGRAM_DATA.test(`${found.path}/`));
  const all = isData ? below(world.fs, found.path) : [];
  const isCode = all.some((path) => path.endsWith('.py') && world.isOwn(path));
  const own = isCode ? [] : all.filter((path) => !isAdded(path) || world.isOwn(path));
  const within = (paths: readonly string[]) => paths.map((path) => ({ path, kind: 'inside', subject: named }) as const);
  const history = own.filter((path) => REPOSITORIES.test(path));
  return [
    { paths: [{ path: named, kind: 'path', subject: named }, ...within(own.filter((path) => !TOOL_FOLDERS.test(path)))] },
    ...(history.length > 0 ? [{ paths: within(history), offer: 'call' } as const] : []),
  ];
}

/**
 * Files of the system that a distribution's code names. Of a folder of shared data, everything in it. What no package brought is
 * the author's own data.
 */
export async function systemData({ paths }: Summary, context: Context): Promise<Named[]> {
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
      if (name !== undefined && (PROGRAM_NAME.test(name) || isPrefix(name))) names.add(name);
    }
  }
  return [...names];
}

/** Programs in one command line, also behind other ones: `timeout 5 nc`, `sh -c "..."`. */
function programsInLine(text: string): string[] {
  // Without the quotes of a shell, a separator is always one.
  const first = programs([text]).slice(0, /["'#]/.test(text) ? 1 : undefined);
  const isProgram = (name: string) => PROGRAM_NAME.test(name) || (name.length === 1 && text.startsWith(`${name} `)); // R RHOME
  return [...new Set([...first, ...[...namesInScript(text).programs.keys()].filter(isProgram)])];
}

function isFile(entry: Entry | undefined): boolean {
  return entry?.type === 'f' && (entry.mode & 0o111) !== 0;
}
