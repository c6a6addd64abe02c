import { isLibraryName } from '../os/places.js';
import { parseShebang } from '../os/shebang.js';
import { baseName, type Entry } from '../rootfs.js';
import { COMMAND_PREFIXES, SHELL_WORDS, SHELLS } from './data/shells.js';
import { isPrefix, programsWith } from './prefixes.js';
import { isAppCode, isInstalled, isOnPurpose } from './purpose.js';
import type { PythonWorld } from './python/world.js';
import type { Addition, Reason } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { findProgram, isProgram } from './scripts.js';

/** Bytes. Nobody writes a longer script by hand: it is an archive that unpacks itself. */
const LONGEST = 256 << 10;

/**
 * The programs that a kept shell script names, in any branch (from the level `reachable` on). Those of scripts that ran, of the
 * image's commands and of the app are kept; those of scripts that came with the system are offers. Those of a script inside a
 * distribution count only once the distribution's code names it: many are there for the people who develop the distribution.
 */
export class ShellRule implements Rule {
  readonly name = 'shell';
  private waiting: { path: string; findings: Finding[] }[] = [];

  async visit(entry: Entry, context: Context): Promise<Finding[]> {
    const { path } = entry;
    if (entry.type !== 'f' || (entry.mode & 0o111) === 0 || entry.size > LONGEST || isLibraryName(path) || path.endsWith('.sample'))
      return [];
    const bytes = await context.fs.read(path, 0, entry.size);
    const shebang = parseShebang(bytes);
    if (!shebang || !SHELLS.test(baseName(shebang.interpreter))) return [];
    const isWanted = isAppCode(path, context) || !(await isInstalled(path, context)) || (await isOnPurpose(path, context));
    const findings: Finding[] = [];
    for (const [name, line] of commandsOf(Buffer.from(bytes).toString('utf8'))) {
      const because: Reason = { rule: 'shell', kind: 'program', subject: name, line, parents: [path] };
      // Which of them it starts is up to the user, so none of them is an offer.
      if (isPrefix(name)) findings.push(...programsWith(name, context).map((path): Addition => ({ path, ...because })));
      const program = findProgram(name, context);
      if (program === undefined) continue;
      const addition: Addition = { path: program, ...because };
      findings.push(isWanted || (await isOnPurpose(program, context)) ? addition : { offer: 'call', additions: [addition] });
    }
    if (isWanted || isProgram(path, context) || context.python?.distributions.ownerOf(path) === undefined) return findings;
    this.waiting.push({ path, findings });
    return [];
  }

  settle({ python }: Context): Finding[] {
    const ready = this.waiting.filter(({ path }) => python !== undefined && isNamed(path, python));
    this.waiting = this.waiting.filter((script) => !ready.includes(script));
    return ready.flatMap(({ findings }) => findings);
  }
}

/** Whether code of the distribution that a file belongs to has its name. */
function isNamed(path: string, world: PythonWorld): boolean {
  const name = baseName(path);
  const files = world.distributions.ownerOf(path)?.files ?? [];
  const texts = files
    .flatMap((file) => world.codeIn(file))
    .flatMap(({ summary: { strings, relative, commands } }) => [...strings, ...relative, ...commands.map(([, , text]) => text)]);
  return texts.some((text) => text.includes(name));
}

/** A name of a program that a script puts together from a constant and an expansion: `"tool-$1"`. */
const GLUED = /^["']?([A-Za-z][\w.+-]*-)["']?\$/;

/**
 * The words of a shell script that may be names of commands, each with the first line that has it, from 1. One that ends in an
 * expansion is a prefix: `tool-*` for `tool-$1`. Text in quotes and here-documents is read like code.
 */
export function commandsOf(script: string): Map<string, number> {
  const names = new Map<string, number>();
  for (const [line, number] of wholeLines(script)) {
    if (/^\s*#/.test(line)) continue;
    for (const part of line.replace(/(^|\s)#.*$/, '').split(/[;|&(`]+|\bin\b|\)/)) {
      const words = part.trim().split(/\s+/);
      let at = 0;
      while (at < words.length - 1 && (COMMAND_PREFIXES.has(words[at] as string) || /^\w+=/.test(words[at] as string))) at++;
      const glued = GLUED.exec(baseName(words[at] ?? ''))?.[1];
      const name = glued === undefined ? (words[at] ?? '') : `${glued}*`;
      if ((glued !== undefined || /^[A-Za-z_./][\w./+-]*$/.test(name)) && !SHELL_WORDS.has(name) && !names.has(name))
        names.set(name, number);
    }
  }
  return names;
}

/** The lines of a script with their numbers, from 1. One that ends in a backslash goes on with the next one. */
function* wholeLines(script: string): Generator<[line: string, number: number]> {
  const lines = script.split('\n');
  let [before, first] = ['', 1];
  for (const [index, line] of lines.entries()) {
    if (line.endsWith('\\') && index < lines.length - 1) {
      before += `${line.slice(0, -1)} `;
      continue;
    }
    yield [before + line, first];
    [before, first] = ['', index + 2];
  }
}
