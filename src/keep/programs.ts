import type { Summary } from '../python/summary.js';
import { baseName, type Entry } from '../rootfs.js';
import type { Addition } from './keepset.js';
import { FOR_A_TERMINAL } from './python/standard.js';
import type { PythonWorld } from './python/world.js';
import type { Context, Rule } from './rule.js';
import { findProgram } from './scripts.js';

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
      const found = await Promise.all(world.codeIn(path).map(({ summary }) => namedBy(summary, own, context)));
      return found.flat().map((named) => ({ ...named, rule: 'named', parents: [path] }));
    },
  };
}

async function namedBy(summary: Summary, own: boolean, context: Context): Promise<Pick<Addition, 'path' | 'detail'>[]> {
  const named: Pick<Addition, 'path' | 'detail'>[] = [];
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
  for (const path of own ? summary.paths : []) {
    if (path !== '/' && !/^\/(proc|sys|dev)(\/|$)/.test(path)) named.push({ path, detail: 'a path that its code names' });
  }
  return named;
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
