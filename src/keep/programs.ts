import { isAdded } from '../os/places.js';
import type { Summary } from '../python/summary.js';
import { baseName, below, type Entry } from '../rootfs.js';
import { FOR_A_TERMINAL, FOR_BUILDING } from './data/standardlibrary.js';
import type { Addition } from './keepset.js';
import type { PythonWorld } from './python/world.js';
import type { Context, Rule } from './rule.js';
import { findProgram } from './scripts.js';

/** Folders of one program's data; the system table has the rows for time zones. */
const SHARED = /^\/(usr\/share|usr\/local\/share|etc)\/(?!zoneinfo\/|doc\/|man\/|locale\/|info\/|ssl\/|python3?\/)[^/]+\//;
/** The same, and what a program keeps. */
const DATA = new RegExp(`${SHARED.source}|^/var/(lib|cache|opt|spool)/(?!dpkg/|apt/|pam/)[^/]+/`);
/** Where each program has a folder of its own. */
const SHELVES = /^\/(opt|home|srv|usr\/local)$/;

/** Words of a command line that say where a program's name comes next. */
const SEPARATORS = /[|;&\n]+|\$\(|`/;

/**
 * What kept Python code names outside Python (level `reachable`): programs that it runs, libraries that it loads by
 * name, files of the system. The standard library's own code is left out: it names every system's programs.
 */
export function namedRule(world: PythonWorld): Rule {
  return {
    name: 'named',
    async visit({ path }, context) {
      if (world.isStandard(path)) return [];
      const own = world.isOwn(path);
      const found: Named[] = [];
      for (const { summary } of world.codeIn(path)) {
        found.push(...(await namedBy(summary, own, context)), ...(await onPurpose(summary, world, context)));
        for (const named of summary.paths) found.push(...(own ? anyPath(named, world) : systemData(named, context)));
      }
      return found.map((named) => ({ ...named, rule: 'named', parents: [path] }));
    },
  };
}

type Named = Pick<Addition, 'path' | 'detail'>;

async function namedBy(summary: Summary, own: boolean, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  for (const name of programs([...summary.commands, ...(own ? summary.maybe : [])])) {
    const path = !own && FOR_A_TERMINAL.has(baseName(name)) ? undefined : findProgram(name, context);
    if (path !== undefined && isFile(context.fs.resolve(path)?.entry))
      named.push({ path, detail: `a program that its code names: ${JSON.stringify(name)}` });
  }
  if (summary.shell) named.push({ path: '/bin/sh', detail: 'its code runs commands by the shell' });
  for (const name of summary.libraries) {
    const found = await context.libraries.named(name);
    for (const path of found) named.push({ path, detail: `a library that its code loads by name: ${JSON.stringify(name)}` });
    // ctypes.util.find_library asks ldconfig (Lib/ctypes/util.py).
    if (found.length > 0 && !name.includes('.so')) named.push({ path: '/sbin/ldconfig', detail: 'asked by ctypes.util.find_library' });
  }
  return named;
}

/**
 * Programs of packages that somebody asked for, where a string is the name of one (`DOT = Path("dot")`): wrappers keep it
 * far from where they run it.
 */
async function onPurpose({ strings }: Summary, world: PythonWorld, context: Context): Promise<Named[]> {
  const named: Named[] = [];
  if (context.trace.image.shared) return named;
  for (const name of strings) {
    if (name.length < 2 || FOR_BUILDING.test(name) || FOR_A_TERMINAL.has(name)) continue;
    const path = findProgram(name, context);
    const found = path === undefined ? undefined : context.fs.resolve(path);
    if (path === undefined || !isFile(found?.entry)) continue;
    const owner = (await world.packages.ownerOf(path)) ?? (await world.packages.ownerOf(found?.path ?? path));
    if (owner !== undefined && (await world.packages.isOnPurpose(owner)))
      named.push({ path, detail: `a program of the package ${owner}, which its code names: ${JSON.stringify(name)}` });
  }
  return named;
}

/** A path that the app's own code names; of a folder of data all that is in it. */
function anyPath(named: string, world: PythonWorld): Named[] {
  if (named === '/' || /^\/(proc|sys|dev)(\/|$)/.test(named)) return [];
  const detail = 'a path that its code names';
  const found = world.fs.resolve(named);
  const isData = found?.entry.type === 'd' && (isAdded(found.path) ? !SHELVES.test(found.path) : DATA.test(`${found.path}/`));
  const inside = isData ? below(world.fs, found.path).filter((path) => !isAdded(path) || world.isOwn(path)) : [];
  return [{ path: named, detail }, ...inside.map((path) => ({ path, detail: `in ${named}, which its code names` }))];
}

/** A file of the system that a distribution's code names, or a folder of data, then with all that is in it. */
function systemData(named: string, { fs }: Context): Named[] {
  const found = fs.resolve(named);
  const detail = `${named} is a path that its code names`;
  if (found?.entry.type === 'f') return (found.entry.mode & 0o111) === 0 ? [{ path: named, detail }] : [];
  if (found?.entry.type !== 'd' || !SHARED.test(`${found.path}/`)) return [];
  return below(fs, found.path).map((path) => ({ path, detail }));
}

/** Names of programs in command lines: the first word, and what follows a pipe or a semicolon. */
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
