import { linesOfCommands, type Summary } from '../python/summary.js';
import { baseName, type Entry } from '../rootfs.js';
import { anyPath, offered } from './evidence.js';
import { isPrefix, programsWith } from './prefixes.js';
import { isAppCode, isAuthors, isOnPurpose, isWritten, ofPython } from './purpose.js';
import type { Addition, Reason } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { findProgram, isAppsPython, isProgram, pathFolders, scriptAt } from './scripts.js';
import { LONGEST_BY_HAND, SCRIPT, shellText } from './shellfiles.js';
import { namesInCommand, namesInScript } from './shellnames.js';

/**
 * The programs that a kept shell script names, in any branch (from the level `reachable` on). Those of scripts that ran, of the
 * image's commands and of the app are kept; those of scripts that came with the system are offers. Those of a script inside a
 * distribution count only once the distribution's code names it: many are there for the people who develop the distribution.
 */
export class ShellRule implements Rule {
  readonly name = 'shell';
  private waiting: Waiting[] = [];
  /** The app's kept code. */
  private readonly own: string[] = [];
  /** Names of scripts that other waiting scripts give to a shell. */
  private readonly given = new Set<string>();
  /** Scripts that a user may give to the image's entrypoint. */
  private optional: ReadonlySet<string> = new Set();

  /**
   * What the commands of the image name beside their first word (`sh -c "..."`, `tini -- serve`), what interpreters get, and where the
   * entrypoint runs its arguments (`exec "$@"`), the author's other scripts.
   */
  async begin(context: Context): Promise<Addition[]> {
    this.optional = context.python ? new Set(await argumentsOf(context)) : new Set();
    const { toShell, toPython, tables, ofCron } = context.given;
    const scripts = [...toShell, ...toPython, ...tables.keys(), ...ofCron].map(
      (path): Addition => ({ path, rule: 'shell', kind: 'script', parents: [] }),
    );
    const names = context.commands.flatMap((command) => [...namesInCommand(command).programs.keys()]);
    const programs = names.flatMap((name) => findProgram(name, context) ?? []);
    const optional = [...this.optional].map((path): Addition => ({ path, rule: 'shell', kind: 'argument', parents: [] }));
    return [...scripts, ...optional, ...programs.map((path): Addition => ({ path, rule: 'entrypoint', kind: 'command', parents: [] }))];
  }

  async visit(entry: Entry, context: Context): Promise<Finding[]> {
    const { path } = entry;
    const { given, python } = context;
    if (isAppCode(path, context)) this.own.push(path);
    const usual = await shellText(entry, context, given);
    const isForCode = usual === undefined && isForShell(entry, context);
    const text = isForCode ? await shellText(entry, context, { ...given, toShell: new Set([path]) }) : usual;
    if (text === undefined) return [];
    const isGiven = given.tables.has(path) || isAppCode(path, context);
    const isWanted = !this.optional.has(path) && (isGiven || (await isAuthors(path, context)));
    const findings: Finding[] = [];
    const { programs, paths, shellScripts } = namesInScript(text);
    if (isWanted && python) {
      for (const [subject, line] of paths)
        for (const { paths: named, offer } of anyPath(subject, python)) {
          const additions = named.map((one): Addition => ({ ...one, rule: 'shell', line, parents: [path] }));
          findings.push(...offered(additions, offer));
        }
    }
    for (const [name, line] of programs) {
      const because: Reason = { rule: 'shell', kind: 'program', subject: name, line, parents: [path] };
      // Which of them it starts is up to the user, so none of them is an offer.
      if (isPrefix(name)) findings.push(...programsWith(name, context).map((path): Addition => ({ path, ...because })));
      const program = findProgram(name, context);
      if (program === undefined) continue;
      const addition: Addition = { path: program, ...because };
      findings.push(isWanted || (await isOnPurpose(program, context)) ? addition : { offer: 'call', additions: [addition] });
    }
    const owner = python?.distributions.ownerOf(path);
    if (!isForCode && (isWanted || isProgram(path, context) || owner === undefined)) return findings;
    this.waiting.push({ path, findings, gives: isForCode ? [...shellScripts].map(baseName) : [], ofApp: isForCode });
    return [];
  }

  settle({ python }: Context): Finding[] {
    if (!python || this.waiting.length === 0) return [];
    const codeIn = (files: readonly string[]) => files.flatMap((file) => python.codeIn(file).map(({ summary }) => summary));
    const ours = this.waiting.some(({ ofApp }) => ofApp) ? codeIn(this.own) : [];
    const isNamed = ({ path, ofApp }: Waiting) =>
      ofApp
        ? this.given.has(baseName(path)) || hasName(path, ours)
        : hasName(path, codeIn(python.distributions.ownerOf(path)?.files ?? []));
    const findings: Finding[] = [];
    for (let ready = this.waiting.filter(isNamed); ready.length > 0; ready = this.waiting.filter(isNamed)) {
      this.waiting = this.waiting.filter((script) => !ready.includes(script));
      for (const { gives } of ready) for (const name of gives) this.given.add(name);
      findings.push(...ready.flatMap((script) => script.findings));
    }
    return findings;
  }
}

/** A script that counts once code names it. */
interface Waiting {
  path: string;
  findings: Finding[];
  /** Names of the scripts that it gives to a shell. */
  gives: readonly string[];
  /** Whether the app's code may name it, or that of a distribution. */
  ofApp: boolean;
}

/** Whether a file is the app's own script for a shell by its name. It needs no permission where code gives it to a shell. */
function isForShell({ path, type, size }: Entry, { python }: Context): boolean {
  return type === 'f' && size <= LONGEST_BY_HAND && SCRIPT.test(path) && python?.isOwn(path) === true;
}

/**
 * The author's scripts in PATH and in `/` that nothing names, for a shell or the app's Python, where a script of the image's commands
 * runs its arguments.
 */
async function argumentsOf(context: Context): Promise<string[]> {
  const { fs, given, programs } = context;
  const texts = await Promise.all(
    [...given.toShell, ...programs].map(async (path) => {
      const entry = fs.lstat(path);
      return entry && (await shellText(entry, context, given));
    }),
  );
  if (!texts.some((text) => text !== undefined && /^\s*exec\b.*"\$@"/m.test(text))) return [];
  const found: string[] = [];
  for (const path of ['/', ...pathFolders(context)].flatMap((folder) => fs.list(folder))) {
    const entry = fs.lstat(path);
    if (!entry || ofPython(baseName(path)) || given.toShell.has(path) || programs.has(path)) continue;
    if (!(await isWritten(path, context))) continue;
    if ((await shellText(entry, context, given)) !== undefined || (await isForAppsPython(entry, context))) found.push(path);
  }
  return found;
}

/** Whether a file is an executable script for the app's own Python. */
async function isForAppsPython(entry: Entry, context: Context): Promise<boolean> {
  const script = entry.type === 'f' ? await scriptAt(entry, context) : undefined;
  return script !== undefined && ofPython(baseName(script.name)) && isAppsPython(script.needed.at(-1) as string, context);
}

/** Whether code has the name of a file, not as a part of a longer one. */
function hasName(path: string, code: readonly Summary[]): boolean {
  const name = baseName(path);
  return code.some((summary) =>
    [summary.strings, summary.relative, summary.paths, linesOfCommands(summary).map(([, text]) => text), summary.maybe].some((texts) =>
      texts.some((text) => hasWord(text, name)),
    ),
  );
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!/[\w.-]/.test(text[at - 1] ?? '') && !/\w/.test(text[at + word.length] ?? '')) return true;
  return false;
}
