import { isLibraryName } from '../os/places.js';
import { FIRST_LINE, parseShebang } from '../os/shebang.js';
import { afterExpansions } from '../os/shellscript.js';
import { baseName, type Entry, join, parentOf } from '../rootfs.js';
import { scriptOfTable } from './cron.js';
import { CRON, CRON_FOLDERS, SYSTEM_TABLES, USER_TABLES } from './data/cron.js';
import { TOOL_FOLDERS } from './data/directories.js';
import { SHELLS } from './data/shells.js';
import { isInstalled, isOnPurpose } from './purpose.js';
import type { Context } from './rule.js';
import { namesInCommand, namesInScript, type ShellNames } from './shellnames.js';

/** Bytes. Nobody writes a longer script by hand: it is an archive that unpacks itself. */
const LONGEST = 256 << 10;

/** Scripts for a shell that need no first line, since others read them: `. ./settings.sh`, `sh start.sh`. */
const SCRIPT = /\.(ba|da|a|k|z)?sh$/;

/** A module that the app's shell scripts or the image's commands start with `python3 -m`, or import with `python3 -c`. */
export interface StartedModule {
  module: string;
  /** The script, and the line that has it. Missing where a command of the image has it. */
  by?: { script: string; line: number };
}

/** What the app's shell scripts and the image's commands give to interpreters. */
export interface Given {
  modules: readonly StartedModule[];
  /** Scripts, without links: `sh start.sh`. */
  toShell: ReadonlySet<string>;
  /** The same for a Python interpreter. */
  toPython: ReadonlySet<string>;
  /** Tables with the commands of a cron, without links. */
  tables: ReadonlySet<string>;
}

export const NOTHING_GIVEN: Given = { modules: [], toShell: new Set(), toPython: new Set(), tables: new Set() };

type Places = Pick<Context, 'fs' | 'programs' | 'config' | 'python' | 'trace'>;

/**
 * The text of a shell script that may be run, or be read by another one; the commands of a cron's table. Undefined for any other file.
 * @param given what is known to be given to a shell
 */
export async function shellText(
  { path, type, mode, size }: Entry,
  { fs, programs, python }: Pick<Context, 'fs' | 'programs' | 'python'>,
  { toShell, tables }: Pick<Given, 'toShell' | 'tables'>,
): Promise<string | undefined> {
  const isRead = toShell.has(path) || tables.has(path) || (SCRIPT.test(path) && python?.isOwn(path) === true);
  const isRun = (mode & 0o111) !== 0 || programs.has(path);
  if (type !== 'f' || !(isRun || isRead) || size > LONGEST || isLibraryName(path) || path.endsWith('.sample')) return undefined;
  const shebang = parseShebang(await fs.read(path, 0, Math.min(size, FIRST_LINE)));
  const isShell = shebang ? SHELLS.test(baseName(shebang.interpreter)) : isRead;
  if (!isShell) return undefined;
  const text = Buffer.from(await fs.read(path, 0, size)).toString('utf8');
  return tables.has(path) ? scriptOfTable(text, SYSTEM_TABLES.test(path)) : text;
}

/** Reads the app's shell scripts and the tables of a cron that ran, the scripts that those give to a shell, and so on. */
export async function givenToInterpreters(commands: Context['commands'], places: Places): Promise<Given> {
  const { fs, programs, python } = places;
  const modules: StartedModule[] = [];
  const [toShell, toPython, tables] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const take = (names: ShellNames, script?: string) => {
    for (const [module, line] of names.modules) modules.push({ module, ...(script !== undefined && { by: { script, line } }) });
    for (const one of names.shellScripts) for (const path of placesOf(one, places, script)) toShell.add(path);
    for (const one of names.pythonScripts) for (const path of placesOf(one, places, script)) toPython.add(path);
    for (const one of names.cronTables) for (const path of placesOf(one, places, script)) tables.add(path);
  };
  const read = new Set<string>();
  const visit = async (entry: Entry) => {
    const text = await shellText(entry, places, { toShell, tables });
    if (text === undefined) return;
    read.add(entry.path);
    take(namesInScript(text), entry.path);
  };
  for (const command of commands) take(namesInCommand(command));
  const withCron = [...programs].some((path) => CRON.test(baseName(path)));
  for (const entry of fs.entries.values()) {
    const { path, type, mode } = entry;
    if (type !== 'f') continue;
    if (withCron && (SYSTEM_TABLES.test(path) || USER_TABLES.test(path)) && (await isAuthors(path, places))) tables.add(path);
    if (withCron && CRON_FOLDERS.test(path) && (mode & 0o111) !== 0 && (await isAuthors(path, places))) toShell.add(path);
    if (programs.has(path) || (python?.isOwn(path) && !TOOL_FOLDERS.test(path))) await visit(entry);
  }
  // A set also gives what is added to it meanwhile.
  for (const set of [tables, toShell]) for (const path of set) if (!read.has(path)) await visit(fs.lstat(path) as Entry);
  return { modules, toShell, toPython, tables };
}

/** Not a job that came with a package of the system, which cares for the system. */
async function isAuthors(path: string, places: Places): Promise<boolean> {
  return !(await isInstalled(path, places)) || (await isOnPurpose(path, places));
}

/** Where a script may be that an interpreter gets: in the working directory, or beside the script that names it. */
function placesOf(word: string, { fs, config }: Places, by: string | undefined): string[] {
  const name = withoutExpansions(word);
  const folders = [config.WorkingDir || '/', ...(by === undefined ? [] : [parentOf(by)])];
  const paths = word.startsWith('/') ? [name] : folders.map((folder) => join(folder, name));
  return paths.flatMap((path) => {
    const found = fs.resolve(path);
    return found?.entry.type === 'f' ? [found.path] : [];
  });
}

/** The end of a word behind its expansions, where that is a path: `/tool` of `$HERE/tool`. */
function withoutExpansions(word: string): string {
  const after = afterExpansions(word);
  return after === word || after.startsWith('/') ? after : '';
}
