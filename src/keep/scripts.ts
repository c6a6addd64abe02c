import { DEFAULT_PATH } from '../images/config.js';
import { isLibraryName } from '../os/places.js';
import { shebangAt } from '../os/shebang.js';
import { environmentOfPrograms, installationOf, isSameInstallation } from '../python/installation.js';
import { baseName, type Entry, join, parentOf } from '../rootfs.js';
import { isOnPurpose, ofPython } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';

/** The path of a program, looked up by its name as execvp(3) does. Undefined where the image has none. */
export function findProgram(name: string, { fs, environment, config }: Pick<Context, 'fs' | 'environment' | 'config'>): string | undefined {
  if (name.includes('/')) {
    const path = name.startsWith('/') ? name : join(config.WorkingDir || '/', name);
    return fs.resolve(path) ? path : undefined;
  }
  return (environment.PATH ?? DEFAULT_PATH)
    .split(':')
    .map((directory) => join(directory || config.WorkingDir || '/', name))
    .find((path) => {
      const found = fs.resolve(path);
      return found?.entry.type === 'f' && (found.entry.mode & 0o111) !== 0;
    });
}

/** The names of all files in the folders of PATH. */
export function programNames({ fs, environment }: Pick<Context, 'fs' | 'environment'>): Set<string> {
  return new Set(
    pathFolders({ fs, environment })
      .flatMap((folder) => fs.list(folder))
      .map(baseName),
  );
}

/** The folders of PATH that the image has, without links. */
export function pathFolders({ fs, environment }: Pick<Context, 'fs' | 'environment'>): string[] {
  return (environment.PATH ?? DEFAULT_PATH).split(':').flatMap((folder) => fs.resolve(folder)?.path ?? []);
}

/** The program that `env` in a first line runs: the first word after options and assignments. */
function envProgram(argument: string): string | undefined {
  return argument.split(/[ \t]+/).find((word) => !word.startsWith('-') && !word.includes('='));
}

/** Shells, Perl, Python, and what finds an interpreter. */
const SMALL_INTERPRETERS = /^(env|(ba|da|a|z)?sh|busybox|perl|python[\d.]*)$/;

/** Keeps the programs of the image's configuration: entrypoint, command, health check. */
export const entrypointRule: Rule = {
  name: 'entrypoint',
  begin(context) {
    return context.commands.flatMap((command) => {
      const path = command[0] === undefined ? undefined : findProgram(command[0], context);
      return path === undefined ? [] : [{ path, rule: 'entrypoint', kind: 'command', parents: [] }];
    });
  },
};

/** A script that is run as a program, or that is the app's own executable file. */
export interface Script {
  /** Without links. */
  path: string;
  isRun: boolean;
  /** The interpreter; `env` and the interpreter that it finds. */
  needed: string[];
  /** The interpreter's name as the first line has it. */
  name: string;
}

/** The script that a kept path is. Undefined where it is none. */
export async function scriptAt({ path, type, mode }: Entry, context: Context): Promise<Script | undefined> {
  if (type !== 'l' && (mode & 0o111) === 0) return undefined;
  // A link in PATH may lead to a script elsewhere.
  const found = context.fs.resolve(path);
  if (found?.entry.type !== 'f' || (found.entry.mode & 0o111) === 0 || /\.sample$/.test(found.path)) return undefined;
  const isRun = isProgram(found.path, context) || isInPath(path, context) || parentOf(found.path) === '/';
  if (!isRun && !context.python?.isOwn(found.path)) return undefined;
  const shebang = await shebangAt(found.path, context.fs);
  if (!shebang) return undefined;
  const name = /\/env$/.test(shebang.interpreter) && shebang.argument ? envProgram(shebang.argument) : undefined;
  const program = name === undefined ? undefined : findProgram(name, context);
  const needed = [shebang.interpreter, ...(program === undefined ? [] : [program])];
  return { path: found.path, isRun, needed, name: name ?? shebang.interpreter };
}

/**
 * Keeps the interpreter of every kept script that is run as a program, and of the app's own executable files. Many modules of
 * distributions have a first line, too, but are never run.
 */
export const scriptsRule: Rule = {
  name: 'scripts',
  async visit(entry, context) {
    const script = await scriptAt(entry, context);
    if (!script) return [];
    const { path, isRun, needed, name } = script;
    // A module of the app may have a first line for another Python, which nothing runs.
    const isOther = ofPython(baseName(name)) && !isAppsPython(needed.at(-1) as string, context);
    if (!isRun && isOther) return [];
    const additions = needed.map((one): Addition => ({ path: one, rule: 'scripts', kind: 'interpreter', line: 1, parents: [path] }));
    if (isRun || needed.every((one) => SMALL_INTERPRETERS.test(baseName(one)))) return additions;
    // What npm installed, nobody may ever run.
    const isMeant = !/\/node_modules\//.test(path) && (await isOnPurpose(needed.at(-1) as string, context));
    return isMeant ? additions : [{ offer: 'call', additions: [...additions].reverse() }];
  },
};

/** Whether a file has the permission to be executed, and is no library by its name. */
export function isExecutable(entry: Entry | undefined): boolean {
  return entry?.type === 'f' && (entry.mode & 0o111) !== 0 && !isLibraryName(entry.path);
}

/** Whether a path is an interpreter of the installation that runs the app. */
export function isAppsPython(path: string, { fs, trace }: Pick<Context, 'fs' | 'trace'>): boolean {
  const [one, apps] = [installationOf(path, fs), installationOf(trace.python.executable, fs)];
  return one !== undefined && apps !== undefined && isSameInstallation(one, apps);
}

/**
 * Whether a file is run as a program: it is one of `programs`, or it is executable and lies in a directory of PATH, or in that of a
 * virtual environment.
 */
export function isProgram(path: string, { fs, environment, programs }: Pick<Context, 'fs' | 'environment' | 'programs'>): boolean {
  if (programs.has(path)) return true;
  return (
    ((fs.lstat(path)?.mode ?? 0) & 0o111) !== 0 &&
    (isInPath(path, { fs, environment }) || environmentOfPrograms(parentOf(path), fs) !== undefined)
  );
}

/** Whether a path is in a folder of PATH. */
export function isInPath(path: string, places: Pick<Context, 'fs' | 'environment'>): boolean {
  return pathFolders(places).includes(parentOf(path));
}

/** The files that were executed or that a command runs, without links. */
export function programsOf(
  executed: Iterable<string>,
  commands: readonly (readonly string[])[],
  places: Pick<Context, 'fs' | 'environment' | 'config'>,
): Set<string> {
  const named = commands.flatMap(([name]) => (name === undefined ? [] : [findProgram(name, places) ?? '']));
  return new Set([...executed, ...named].flatMap((path) => places.fs.resolve(path)?.path ?? []));
}
