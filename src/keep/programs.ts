import { baseName, type Entry } from '../rootfs.js';
import type { Addition } from './keepset.js';
import { FOR_A_TERMINAL } from './python/standard.js';
import type { PythonWorld } from './python/world.js';
import type { Rule } from './rule.js';
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
    async visit(entry, context) {
      const summary = world.summary(entry.path);
      if (!summary || world.isStandard(entry.path)) return [];
      const add = (path: string, detail: string): Addition => ({ path, rule: 'named', parents: [entry.path], detail });
      const own = world.isOwn(entry.path);
      const additions = programs([...summary.commands, ...(own ? summary.maybe : [])]).flatMap((name) => {
        const path = !own && FOR_A_TERMINAL.has(baseName(name)) ? undefined : findProgram(name, context);
        return path === undefined || !isFile(context.fs.resolve(path)?.entry)
          ? []
          : [add(path, `a program that its code names: ${JSON.stringify(name)}`)];
      });
      if (summary.shell) additions.push(add('/bin/sh', 'its code runs commands by the shell'));
      for (const name of summary.libraries) {
        const found = await context.libraries.named(name);
        additions.push(...found.map((path) => add(path, `a library that its code loads by name: ${JSON.stringify(name)}`)));
        // ctypes.util.find_library asks ldconfig (Lib/ctypes/util.py).
        if (found.length > 0 && !name.includes('.so')) additions.push(add('/sbin/ldconfig', 'asked by ctypes.util.find_library'));
      }
      if (own) {
        for (const path of summary.paths) {
          if (path !== '/' && !/^\/(proc|sys|dev)(\/|$)/.test(path)) additions.push(add(path, 'a path that its code names'));
        }
      }
      return additions;
    },
  };
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
