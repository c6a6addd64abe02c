import { isAdded } from '../os/places.js';
import type { Summary } from '../python/summary.js';
import { baseName, below, type Entry } from '../rootfs.js';
import { BUILD_PROGRAMS } from './data/building.js';
import { APP_SHELVES, KERNEL_DIRECTORIES, PROGRAM_DATA, SHARED_DATA } from './data/directories.js';
import { TERMINAL_PROGRAMS } from './data/terminal.js';
import type { PythonWorld } from './python/world.js';
import type { Addition, Because } from './reason.js';
import type { Context, Rule } from './rule.js';
import { findProgram } from './scripts.js';

/** What separates commands in a command line: a program's name comes next. */
const SEPARATORS = /[|;&\n]+|\$\(|`/;

/**
 * What kept Python code names outside Python (from the level `reachable` on): programs that it runs, libraries that it
 * loads by name, files of the system. The standard library's own code does not count: it names the programs of every
 * operating system.
 */
export function namedRule(world: PythonWorld): Rule {
  return {
    name: 'named',
    async visit({ path }, context) {
      if (world.isStandard(path)) return [];
      const own = world.isOwn(path);
      const found: Named[] = [];
      for (const { summary } of world.codeIn(path)) {
        found.push(...(await programsAndLibraries(summary, own, context)), ...(await packagePrograms(summary, world, context)));
        for (const named of summary.paths) found.push(...(own ? anyPath(named, world) : systemData(named, context)));
      }
      return found.map(({ path: target, ...because }): Addition => ({ path: target, rule: 'named', parents: [path], ...because }));
    },
  };
}

type Named = Omit<Because<'named'>, 'rule'> & { path: string };

async function programsAndLibraries(summary: Summary, own: boolean, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  for (const name of programs([...summary.commands, ...(own ? summary.maybe : [])])) {
    const path = !own && TERMINAL_PROGRAMS.has(baseName(name)) ? undefined : findProgram(name, context);
    if (path !== undefined && isFile(context.fs.resolve(path)?.entry)) named.push({ path, kind: 'program', subject: name });
  }
  if (summary.shell) named.push({ path: '/bin/sh', kind: 'shell' });
  for (const name of summary.libraries) {
    const found = await context.libraries.named(name);
    for (const path of found) named.push({ path, kind: 'library', subject: name });
    // ctypes.util.find_library asks ldconfig (Lib/ctypes/util.py).
    if (found.length > 0 && !name.includes('.so')) named.push({ path: '/sbin/ldconfig', kind: 'find-library' });
  }
  return named;
}

/**
 * Programs of packages that somebody installed by name, where a string is the name of one (`DOT = Path("dot")`). Code
 * that wraps a program often has its name far from where it runs it.
 */
async function packagePrograms({ strings }: Summary, world: PythonWorld, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  if (context.trace.image.shared) return named;
  for (const name of strings) {
    if (name.length < 2 || BUILD_PROGRAMS.test(name) || TERMINAL_PROGRAMS.has(name)) continue;
    const path = findProgram(name, context);
    const found = path === undefined ? undefined : context.fs.resolve(path);
    if (path === undefined || !isFile(found?.entry)) continue;
    const owner = (await world.packages.ownerOf(path)) ?? (await world.packages.ownerOf(found?.path ?? path));
    if (owner !== undefined && (await world.packages.isOnPurpose(owner)))
      named.push({ path, kind: 'package-program', subject: name, of: owner });
  }
  return named;
}

/** A path that the app's own code names. Of a folder of data, everything in it. */
function anyPath(named: string, world: PythonWorld): Named[] {
  if (named === '/' || KERNEL_DIRECTORIES.test(named)) return [];
  const found = world.fs.resolve(named);
  const isData = found?.entry.type === 'd' && (isAdded(found.path) ? !APP_SHELVES.test(found.path) : PROGRAM_DATA.test(`${found.path}/`));
  const inside = isData ? below(world.fs, found.path).filter((path) => !isAdded(path) || world.isOwn(path)) : [];
  return [{ path: named, kind: 'path' }, ...inside.map((path): Named => ({ path, kind: 'inside', subject: named }))];
}

/** A file of the system that a distribution's code names. Of a folder of shared data, everything in it. */
function systemData(named: string, { fs }: Context): Named[] {
  const found = fs.resolve(named);
  const because = { kind: 'system-path', subject: named } as const;
  if (found?.entry.type === 'f') return (found.entry.mode & 0o111) === 0 ? [{ path: named, ...because }] : [];
  if (found?.entry.type !== 'd' || !SHARED_DATA.test(`${found.path}/`)) return [];
  return below(fs, found.path).map((path) => ({ path, ...because }));
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
      if (name !== undefined && /^[\w./+-]{2,}$/.test(name)) names.add(name);
    }
  }
  return [...names];
}

function isFile(entry: Entry | undefined): boolean {
  return entry?.type === 'f' && (entry.mode & 0o111) !== 0;
}
