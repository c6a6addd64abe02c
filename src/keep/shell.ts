import { parseShebang } from '../os/shebang.js';
import { baseName } from '../rootfs.js';
import { COMMAND_PREFIXES, SHELL_WORDS, SHELLS } from './data/shells.js';
import { isAppCode, isInstalled, isOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Finding, Rule } from './rule.js';
import { findProgram } from './scripts.js';

/** Bytes. Nobody writes a longer script by hand: it is an archive that unpacks itself. */
const LONGEST = 256 << 10;

/**
 * The programs that a kept shell script names, in any branch (from the level `reachable` on). Those of scripts that ran, of the
 * image's commands and of the app are kept; those of scripts that came with the system are offers.
 */
export const shellRule: Rule = {
  name: 'shell',
  async visit(entry, context) {
    if (entry.type !== 'f' || (entry.mode & 0o111) === 0 || entry.size > LONGEST || /\.so[.\d]*$|\.sample$/.test(entry.path)) return [];
    const bytes = await context.fs.read(entry.path, 0, entry.size);
    const shebang = parseShebang(bytes);
    if (!shebang || !SHELLS.test(baseName(shebang.interpreter))) return [];
    const isWanted =
      isAppCode(entry.path, context) || !(await isInstalled(entry.path, context)) || (await isOnPurpose(entry.path, context));
    const findings: Finding[] = [];
    for (const name of commandsOf(Buffer.from(bytes).toString('utf8'))) {
      const path = findProgram(name, context);
      if (path === undefined) continue;
      const addition: Addition = { path, rule: 'shell', kind: 'program', subject: name, parents: [entry.path] };
      findings.push(isWanted || (await isOnPurpose(path, context)) ? addition : { offer: 'call', additions: [addition] });
    }
    return findings;
  },
};

/** The words of a shell script that may be names of commands. Text in quotes and here-documents is read like code. */
export function commandsOf(script: string): Set<string> {
  const names = new Set<string>();
  for (const line of script.replace(/\\\n/g, ' ').split('\n')) {
    if (/^\s*#/.test(line)) continue;
    for (const part of line.replace(/(^|\s)#.*$/, '').split(/[;|&(`]+|\bin\b|\)/)) {
      const words = part.trim().split(/\s+/);
      let at = 0;
      while (at < words.length - 1 && (COMMAND_PREFIXES.has(words[at] as string) || /^\w+=/.test(words[at] as string))) at++;
      const name = words[at] ?? '';
      if (/^[A-Za-z_./][\w./+-]*$/.test(name) && !SHELL_WORDS.has(name)) names.add(name);
    }
  }
  return names;
}
