import { baseName, type Entry } from '../rootfs.js';
import { anyPath, offered } from './evidence.js';
import { isPrefix, programsWith } from './prefixes.js';
import { isAppCode, isAuthors, isOnPurpose, isWritten, ofPython } from './purpose.js';
import type { PythonWorld } from './python/world.js';
import type { Addition, Reason } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { findProgram, isAppsPython, isProgram, pathFolders, scriptAt } from './scripts.js';
import { shellText } from './shellfiles.js';
import { namesInCommand, namesInScript } from './shellnames.js';

/**
 * The programs that a kept shell script names, in any branch (from the level `reachable` on). Those of scripts that ran, of the
 * image's commands and of the app are kept; those of scripts that came with the system are offers. Those of a script inside a
 * distribution count only once the distribution's code names it: many are there for the people who develop the distribution.
 */
export class ShellRule implements Rule {
  readonly name = 'shell';
  private waiting: { path: string; findings: Finding[] }[] = [];
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
    const text = await shellText(entry, context, context.given);
    if (text === undefined) return [];
    const isGiven = context.given.tables.has(path) || isAppCode(path, context);
    const isWanted = !this.optional.has(path) && (isGiven || (await isAuthors(path, context)));
    const findings: Finding[] = [];
    const { programs, paths } = namesInScript(text);
    if (isWanted && context.python) {
      for (const [subject, line] of paths)
        for (const { paths: named, offer } of anyPath(subject, context.python)) {
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

/** Whether code of the distribution that a file belongs to has its name. */
function isNamed(path: string, world: PythonWorld): boolean {
  const name = baseName(path);
  const files = world.distributions.ownerOf(path)?.files ?? [];
  const texts = files
    .flatMap((file) => world.codeIn(file))
    .flatMap(({ summary: { strings, relative, commands } }) => [...strings, ...relative, ...commands.map(([, , text]) => text)]);
  return texts.some((text) => text.includes(name));
}
