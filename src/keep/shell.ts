import { parseShebang } from '../os/shebang.js';
import { baseName } from '../rootfs.js';
import type { Addition } from './keepset.js';
import type { Rule } from './rule.js';
import { findProgram } from './scripts.js';

/** A longer file is no script that somebody wrote. */
const LONGEST = 256 << 10;
/** What every shell does itself (POSIX, dash(1)): builtins and reserved words. */
const BUILTINS = new Set(
  '. : [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs kill printf pwd read readonly return set shift test times trap true type ulimit umask unalias unset wait case esac fi done for'.split(
    ' ',
  ),
);
const SHELLS = /^(ba|da|a|k|z)?sh$/;
/** What may stand before a command's name. */
const BEFORE = new Set([
  'if',
  'then',
  'else',
  'elif',
  'do',
  'while',
  'until',
  '!',
  '{',
  'exec',
  'command',
  'time',
  'sudo',
  'env',
  'xargs',
  'nohup',
]);

/** Programs that a kept shell script names, in whichever branch (level `reachable`). */
export const shellRule: Rule = {
  name: 'shell',
  async visit(entry, context) {
    if (entry.type !== 'f' || (entry.mode & 0o111) === 0 || entry.size > LONGEST || /\.so[.\d]*$|\.sample$/.test(entry.path)) return [];
    const bytes = await context.fs.read(entry.path, 0, entry.size);
    const shebang = parseShebang(bytes);
    if (!shebang || !SHELLS.test(baseName(shebang.interpreter))) return [];
    const additions: Addition[] = [];
    for (const name of commandsOf(Buffer.from(bytes).toString('utf8'))) {
      const path = findProgram(name, context);
      if (path !== undefined)
        additions.push({ path, rule: 'shell', parents: [entry.path], detail: `a program that the script names: ${JSON.stringify(name)}` });
    }
    return additions;
  },
};

/** The words of a shell script that stand where a command's name does; quotes and here-documents are not told apart. */
export function commandsOf(script: string): Set<string> {
  const names = new Set<string>();
  for (const line of script.replace(/\\\n/g, ' ').split('\n')) {
    if (/^\s*#/.test(line)) continue;
    for (const part of line.replace(/(^|\s)#.*$/, '').split(/[;|&(`]+|\bin\b|\)/)) {
      const words = part.trim().split(/\s+/);
      let at = 0;
      while (at < words.length - 1 && (BEFORE.has(words[at] as string) || /^\w+=/.test(words[at] as string))) at++;
      const name = words[at] ?? '';
      if (/^[A-Za-z_./][\w./+-]*$/.test(name) && !BUILTINS.has(name)) names.add(name);
    }
  }
  return names;
}
