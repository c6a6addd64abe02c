import { isAdded } from '../os/places.js';
import { below, type Entry } from '../rootfs.js';
import { CONFIGURATION } from './data/configurations.js';
import { TOOL_VARIABLES } from './data/variables.js';
import { anyPath, commandsRun, offered } from './evidence.js';
import { isWritten } from './purpose.js';
import type { Reached } from './python/reached.js';
import type { PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { pathFolders } from './scripts.js';
import { LONGEST_BY_HAND } from './shellfiles.js';

/** An absolute path; not a part of an address or of a longer path. */
const PATH = /(?<![\w.:~/}*-])\/[\w@+][\w.@+/-]*/g;
/** More names are a list of data. */
const MOST = 1000;

/** A dotted name; not a part of an address, of a path or of a name of a host. */
const DOTTED = /(?<![\w./@:-])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?![\w/@-])/g;

/** A setting, or an item of a list: dash, name, value. */
const SETTING = /^(?<item>- +)?(?:["']?(?<name>[\w.-]+)["']?(?<sign>\s*[:=])\s*)?(?<value>.*)$/s;
/** Words for a setting whose value is a command line: `command`, `pre-hooks`, `RUN_CMD`. */
const COMMAND = /(?:^|[_.-])(?:cmd|command|exec|run|program|binary|tool|script|shell|hook)s?(?:$|[_.-])/i;
/** The same in a name without signs between its words: `preRunHook`. */
const CAMEL_CASE = /[a-z](?:Cmd|Command|Exec|Run|Program|Script|Hook|Tool)s?$/;
/** A value whose lines come next. */
const BELOW = /^(?:[|>][+-]?|\[|)$/;
/** Characters of the longest line that is read. */
const LONGEST_LINE = 4096;

/**
 * What the configurations name that the app's author wrote and that some run opened (from the level `reachable` on): folders that a
 * web server serves, pages for errors, files that are read later, modules (`backend: library.backends.Fast`), and programs in command
 * lines (`command: pg_dump {name}`).
 */
export class ConfiguredRule implements Rule {
  readonly name = 'configured';
  private opened: ReadonlySet<string> = new Set();

  constructor(private readonly reached: Reached) {}

  begin({ fs, trace }: Context): Addition[] {
    const read = trace.observations.filter(({ kind }) => kind === 'open');
    this.opened = new Set(read.flatMap(({ path }) => fs.resolve(path)?.path ?? []));
    return [];
  }

  async visit({ path, type, size }: Entry, context: Context): Promise<Finding[]> {
    const { python, fs, programs } = context;
    if (!python || type !== 'f' || size > LONGEST_BY_HAND || !CONFIGURATION.test(path) || programs.has(path)) return [];
    if (!this.opened.has(path) || !(await isWritten(path, context))) return [];
    const bytes = Buffer.from(await fs.read(path, 0, size));
    if (bytes.includes(0)) return [];
    const text = bytes.toString('utf8');
    const additions: Finding[] = [...namesIn(text, DOTTED)].flatMap(([subject, line]) => this.module(subject, line, path, python));
    for (const [subject, line] of namesIn(text, PATH)) {
      const named = [
        ...anyPath(subject, python).flatMap(({ paths, offer }) => (offer === undefined ? paths : [])),
        ...(await writtenIn(subject, context)),
      ];
      for (const one of named) additions.push({ ...one, rule: 'configured', line, parents: [path] });
    }
    for (const { paths, offer } of await commandsRun(commandsIn(text), false, context)) {
      const kept = paths.map((one): Addition => ({ ...one, rule: 'configured', kind: 'program', parents: [path] }));
      additions.push(...offered(kept, offer));
    }
    return additions;
  }

  /** What keeps a module, or the module that has a class or function. One word alone may be anything. */
  private module(subject: string, line: number, from: string, { finder }: PythonWorld): Addition[] {
    const parts = subject.split('.');
    const module = finder.deepest(subject);
    const found = module?.name.split('.').length ?? 0;
    const isClass = found === 1 && parts.length === 2 && /^[A-Z]/.test(parts[1] ?? '');
    const isNamed = isClass || (found >= 2 && found >= parts.length - 1);
    return module && isNamed ? this.reached.module(module, 'app', from, { kind: 'string', subject, line }) : [];
  }
}

/** What the author wrote into a folder of the system, as into /usr/lib/cgi-bin. */
async function writtenIn(subject: string, context: Context) {
  const { fs } = context;
  const found = fs.resolve(subject);
  if (found?.entry.type !== 'd' || isAdded(found.path)) return [];
  // Programs count by their names, wherever PATH is set.
  if (pathFolders(context).includes(found.path)) return [];
  const inside = below(fs, found.path);
  if (inside.length > MOST) return [];
  const written = await Promise.all(inside.map((path) => isWritten(path, context)));
  return inside.filter((_, index) => written[index]).map((path) => ({ path, kind: 'inside', subject }) as const);
}

/** What matches → the first line that has it, from 1. Comments do not count, nor do variables for tools, such as PATH. */
function namesIn(text: string, pattern: RegExp): Map<string, number> {
  const found = new Map<string, number>();
  for (const [index, line] of text.split('\n').entries()) {
    const variable = /^\s*(?:export\s+)?["']?(\w+)["']?\s*[=:]/.exec(line)?.[1];
    if (/^\s*[#;]/.test(line) || (variable !== undefined && TOOL_VARIABLES.test(variable))) continue;
    for (const [name] of line.matchAll(pattern)) if (!found.has(name)) found.set(name, index + 1);
    if (found.size > MOST) return new Map();
  }
  return found;
}

/** Command lines in the values of settings with such names, as in a summary: line, '', text. */
function commandsIn(text: string): [number, '', string][] {
  const found: [number, '', string][] = [];
  // The setting whose value is on the next lines, and its indentation.
  let above = { name: '', indent: 0, isBlock: false };
  for (const [index, full] of text.split(/\r?\n/).entries()) {
    const line = full.trim().replace(/^\{\s*/, '');
    if (line === '' || line.length > LONGEST_LINE || /^[#;]/.test(line)) continue;
    const indent = full.search(/\S/);
    const { item, name, sign, value = '' } = SETTING.exec(line)?.groups ?? {};
    // `- FOO=1 tool` is a command line, and so is each line of a block.
    const isPlain = name === undefined || (item !== undefined && sign === '=');
    const isBelow = above.name !== '' && !/^\[\w+\]$/.test(line) && (isPlain || (above.isBlock && indent > above.indent));
    if (!isBelow) above = { name: BELOW.test(value) ? (name ?? '') : '', indent, isBlock: /^[|>]/.test(value) };
    const of = isBelow ? above.name : (name ?? '');
    const command = commandOf(isBelow ? line.slice(item?.length ?? 0) : value);
    const isCommand = (COMMAND.test(of) || CAMEL_CASE.test(of)) && /^[\w./]/.test(command);
    if (isCommand && !/^(true|false|yes|no|on|off)$/i.test(command)) found.push([index + 1, '', command]);
    if (found.length > MOST) return [];
  }
  return found;
}

/** The command line of a value: without quotes and a comment, of a list in one line its words. */
function commandOf(value: string): string {
  const text = value.trim();
  if (text.startsWith('[')) return (text.match(/[^\s"',[\]]+/g) ?? []).join(' ');
  return (/^(["'])(.*?)\1\s*[,}\]]*\s*(?:#.*)?$/.exec(text)?.[2] ?? text).replace(/\s+#.*$/, '');
}
