import { isLibraryName } from '../os/places.js';
import { FIRST_LINE, interpretersIn } from '../os/shebang.js';
import { type Installation, installationOf, isSameInstallation } from '../python/installation.js';
import { baseName, type Entry, join, parentOf } from '../rootfs.js';
import { scriptOfTable } from './cron.js';
import { COMMAND_LINES } from './data/configurations.js';
import { CRON, CRON_FOLDERS, SYSTEM_TABLES, USER_TABLES } from './data/cron.js';
import { TOOL_FOLDERS } from './data/directories.js';
import { SHELLS } from './data/shells.js';
import { expandGlob } from './globs.js';
import { PATTERN, pathBehindExpansions, patternOf } from './pathwords.js';
import { isAuthors, isWritten } from './purpose.js';
import type { Context } from './rule.js';
import { findProgram } from './scripts.js';
import { namesInCommand, namesInScript, type ShellNames, type StartedPython } from './shellnames.js';

/** Bytes. Nobody writes a longer script or configuration by hand: it is an archive that unpacks itself, or data. */
export const LONGEST_BY_HAND = 256 << 10;

/** Characters of the longest path (PATH_MAX, limits.h). */
const LONGEST_NAME = 4096;

const PROGRAM_FOLDERS = /^\/(usr\/(local\/)?)?s?bin$/;

/** Scripts for a shell that need no first line, since others read them. */
export const SCRIPT = /\.(ba|da|a|k|z)?sh$/;

/** A module that the app's shell scripts or the image's commands start with `python3 -m`, or import with `python3 -c`. */
export interface StartedModule {
  module: string;
  /** The script, and the line that has it. Missing where a command of the image has it. */
  by?: { script: string; line: number };
}

/** What another Python of the image than the app's gets. A script is without links. */
export interface ToOther {
  installation: Installation;
  what: StartedPython['what'];
  by?: { script: string; line: number };
}

/** What the app's shell scripts and the image's commands give to interpreters. Paths are without links. */
export interface Given {
  modules: readonly StartedModule[];
  toOthers: readonly ToOther[];
  /** Scripts: `sh start.sh`. */
  toShell: ReadonlySet<string>;
  /** The same for a Python interpreter. */
  toPython: ReadonlySet<string>;
  /** Tables of a cron and configurations of a supervisor → their commands, as a script whose lines have the numbers of the file's. */
  tables: ReadonlyMap<string, (text: string) => string>;
  /** The files of a cron as it finds them: they may be links. */
  ofCron: ReadonlySet<string>;
}

export const NOTHING_GIVEN: Given = {
  modules: [],
  toOthers: [],
  toShell: new Set(),
  toPython: new Set(),
  tables: new Map(),
  ofCron: new Set(),
};

type Places = Pick<Context, 'fs' | 'programs' | 'config' | 'python' | 'trace' | 'environment'>;

/** The text of a shell script that may be run, or be read by another one; the commands of a table. Undefined for any other file. */
export async function shellText(
  { path, type, mode, size }: Entry,
  { fs, programs }: Pick<Context, 'fs' | 'programs'>,
  { toShell, tables }: Pick<Given, 'toShell' | 'tables'>,
): Promise<string | undefined> {
  const table = tables.get(path);
  const isRead = toShell.has(path) || table !== undefined;
  const isRun = (mode & 0o111) !== 0 || programs.has(path);
  if (type !== 'f' || !(isRun || isRead) || size > LONGEST_BY_HAND || isLibraryName(path) || path.endsWith('.sample')) return undefined;
  const interpreters = interpretersIn(await fs.read(path, 0, Math.min(size, FIRST_LINE)));
  if (!(interpreters ? interpreters.some((name) => SHELLS.test(name)) : isRead)) return undefined;
  const text = Buffer.from(await fs.read(path, 0, size)).toString('utf8');
  return table ? table(text) : text;
}

/** Reads the app's shell scripts, the tables of a cron that ran, the scripts that those give to a shell, and so on. */
export async function givenToInterpreters(commands: Context['commands'], places: Places): Promise<Given> {
  const { fs, programs, python } = places;
  const modules: StartedModule[] = [];
  const toOthers: ToOther[] = [];
  const [toShell, toPython] = [new Set<string>(), new Set<string>()];
  const tables = new Map<string, (text: string) => string>();
  /** Names of programs that ran, also of links to them. */
  const ran = new Set(
    [...programs, ...places.trace.observations.flatMap(({ kind, path }) => (kind === 'exec' ? [path] : []))].map(baseName),
  );
  let namesCron = [...ran].some((name) => CRON.test(name));
  const take = async (names: ShellNames, script?: string) => {
    namesCron ||= [...names.programs.keys()].some((name) => CRON.test(baseName(name)));
    toOthers.push(...(await startedInOthers(names.started, places, script)));
    for (const [module, line] of names.modules) modules.push({ module, ...(script !== undefined && { by: { script, line } }) });
    for (const one of names.shellScripts) for (const path of await placesOf(one, places, script)) toShell.add(path);
    for (const one of names.pythonScripts) for (const path of await placesOf(one, places, script)) toPython.add(path);
    for (const one of names.cronTables)
      for (const path of await placesOf(one, places, script))
        tables.set(path, (text) => scriptOfTable(text, { withUser: false, withSeconds: true }));
  };
  for (const command of commands) {
    await take(namesInCommand(command));
    for (const name of namesInCommand(command).programs.keys()) ran.add(baseName(name));
  }
  for (const path of await scriptsOpened(places, ran, tables)) toShell.add(path);
  const read = new Set<string>();
  const visit = async (entry: Entry) => {
    const text = await shellText(entry, places, { toShell, tables });
    if (text === undefined) return;
    read.add(entry.path);
    await take(namesInScript(text), entry.path);
  };
  for (const entry of fs.entries.values()) {
    const { path, type } = entry;
    if (type === 'f' && (programs.has(path) || (python?.isOwn(path) && !TOOL_FOLDERS.test(path)))) await visit(entry);
  }
  const visitAll = async () => {
    // A set also gives what is added to it meanwhile.
    for (const path of toShell) if (!read.has(path)) await visit(fs.lstat(path) as Entry);
    for (const path of tables.keys()) if (!read.has(path)) await visit(fs.lstat(path) as Entry);
    for (const path of toShell) if (!read.has(path)) await visit(fs.lstat(path) as Entry);
  };
  await visitAll();
  // A supervisor may start it later.
  const ofCron = namesCron ? await takeCron(places, tables, toShell) : new Set<string>();
  await visitAll();
  return { modules, toOthers, toShell, toPython, tables, ofCron };
}

/** What of it another Python gets than the app's. @param by the file that has the command lines */
export async function startedInOthers(started: readonly StartedPython[], places: Places, by: string | undefined): Promise<ToOther[]> {
  const { fs, trace } = places;
  const apps = installationOf(trace.python.executable, fs);
  const found: ToOther[] = [];
  for (const { interpreter, what, line } of started) {
    const path = findProgram(interpreter, places);
    const installation = path === undefined ? undefined : installationOf(path, fs);
    if (!installation || (apps && isSameInstallation(installation, apps))) continue;
    const scripts = 'script' in what ? await placesOf(what.script, places, by) : [];
    const all = 'script' in what ? scripts.map((script) => ({ script })) : [what];
    for (const one of all) found.push({ installation, what: one, ...(by !== undefined && { by: { script: by, line } }) });
  }
  return found;
}

/** The app's scripts for a shell that some run opened. Takes in the files of supervisors and of make, where these ran. */
async function scriptsOpened({ fs, trace, python }: Places, ran: ReadonlySet<string>, tables: Map<string, (text: string) => string>) {
  const readers = COMMAND_LINES.filter(({ program }) => [...ran].some((name) => program.test(name)));
  const scripts = new Set<string>();
  for (const { kind, path } of trace.observations) {
    const found = kind === 'open' ? fs.resolve(path) : undefined;
    if (found?.entry.type !== 'f' || found.entry.size > LONGEST_BY_HAND) continue;
    if (SCRIPT.test(found.path) && python?.isOwn(found.path)) scripts.add(found.path);
    const reader = readers.find(({ file }) => file.test(found.path));
    if (reader && (await isWritten(found.path, { fs, python })))
      tables.set(found.path, (text) => text.split(/\r?\n/).map(reader.shell).join('\n'));
  }
  return scripts;
}

/** Takes in the tables of a cron, and the programs in its folders. Not jobs that came with a package of the system, which care for the system. */
async function takeCron(places: Places, tables: Map<string, (text: string) => string>, scripts: Set<string>): Promise<Set<string>> {
  const { fs } = places;
  const taken = new Set<string>();
  const before = scripts.size;
  for (const { path, type } of fs.entries.values()) {
    const withUser = SYSTEM_TABLES.test(path);
    const isTable = withUser || USER_TABLES.test(path);
    if (type === 'd' || !(isTable || CRON_FOLDERS.test(path))) continue;
    const found = fs.resolve(path);
    if (found?.entry.type !== 'f' || !((await isAuthors(path, places)) || (await isWritten(path, places)))) continue;
    if (isTable || (found.entry.mode & 0o111) !== 0) taken.add(path);
    if (isTable) tables.set(found.path, (text) => scriptOfTable(text, { withUser, withSeconds: false }));
    else if ((found.entry.mode & 0o111) !== 0) scripts.add(found.path);
  }
  // The system's own table runs what is in the folders.
  const table = scripts.size > before ? fs.resolve('/etc/crontab') : undefined;
  // Those that nobody wrote are no reason to keep what else is there.
  const withoutFolders = (text: string) => text.replace(/\/etc\/cron\.(hourly|daily|weekly|monthly)(?![\w/])/g, '');
  if (table?.entry.type === 'f' && !tables.has(table.path))
    tables.set(table.path, (text) => scriptOfTable(withoutFolders(text), { withUser: true, withSeconds: false }));
  return taken;
}

/** Where a script may be that an interpreter gets: in the working directory, or beside the script that names it. */
async function placesOf(word: string, places: Places, by: string | undefined): Promise<string[]> {
  const { fs, config } = places;
  const behind = pathBehindExpansions(word);
  const name = behind ?? patternOf(word);
  if (name === undefined || name.length > LONGEST_NAME) return [];
  const folders = [config.WorkingDir || '/', ...(by === undefined ? [] : [parentOf(by)])];
  const isAbsolute = name.startsWith('/') && (behind === undefined || behind === word);
  const paths = isAbsolute ? [name] : folders.map((folder) => join(folder, name));
  const isPattern = PATTERN.test(name);
  const files = (isPattern ? paths.flatMap((pattern) => expandGlob(fs, pattern)) : paths).flatMap((path) => fs.resolve(path) ?? []);
  const found = files.filter(({ entry }) => entry.type === 'f').map(({ path }) => path);
  if (!isPattern) return found;
  // A pattern may match what it does not mean, as all programs of the system.
  const isMeant = await Promise.all(found.map(async (path) => !PROGRAM_FOLDERS.test(parentOf(path)) && (await isWritten(path, places))));
  return found.filter((_, index) => isMeant[index]);
}
