import { shebangAt } from '../os/shebang.js';
import { above } from '../python/classify.js';
import { baseName, below, type Entry, parentOf } from '../rootfs.js';
import { SHELLS } from './data/shells.js';
import { offered } from './evidence.js';
import { expandGlob } from './globs.js';
import { filesNamed, isNative, nativeStrings } from './nativestrings.js';
import { isOnPurpose, ofPython, packageOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { isExecutable, isInPath, isProgram, scriptAt } from './scripts.js';

/** Folders with the data, the plugins, the helpers and the configuration of one program. Source: FHS 3.0, 3.7, 4.6, 4.7 and 4.11. */
const PLACES = ['/usr/share', '/usr/lib', '/usr/lib/*-linux-gnu', '/usr/libexec', '/etc'];

/** Where a program that a link in PATH leads to has a folder of its own. Source: FHS 3.0, 3.13 and 4.9. */
const HOMES = [...PLACES, '/usr/local/share', '/usr/local/lib', '/usr/local/libexec', '/opt'];

/** A shorter name of a file may be the end of another word by chance. */
const SHORTEST_NAME = 4;
/** Of a folder with more files, names are not looked for one by one. */
const MOST_FILES = 500;

/** Where many programs have their files. Source: FHS 3.0, 3.16, 4.9. */
const SHARED_PREFIX = /^\/?$|^\/usr(\/local)?$/;

/**
 * Folders that have the name of a kept program, or of its package, where the app's author installed that package by its name (from the
 * level `reachable` on): templates of pandoc, formats of sox. Each is an offer: kept where it is cheap. One that has a native program of
 * its own name is kept whatever it costs, unless a run executed the program in PATH: Rscript starts what is in /usr/lib/R. So is the
 * folder of a launcher that a link in PATH leads to.
 */
export class FoldersRule implements Rule {
  readonly name = 'system';
  private readonly done = new Set<string>();

  async visit(entry: Entry, context: Context): Promise<Finding[]> {
    const { path, type } = entry;
    if (!context.python || ofPython(baseName(path))) return [];
    if (type === 'l') return this.behind(entry, context);
    if (type !== 'f') return [];
    return isProgram(path, context) ? this.byName(path, context) : this.around(path, context);
  }

  private async byName(path: string, context: Context): Promise<Finding[]> {
    const owner = (await packageOnPurpose(path, context))?.replace(/:\w+$/, '');
    if (owner === undefined) return [];
    const { fs } = context;
    const byName = [owner, baseName(path)].flatMap((name) => PLACES.flatMap((place) => expandGlob(fs, `${place}/${name}`)));
    const started = await startedFolders(path, context);
    const findings: Finding[] = [];
    const beside: string[] = [];
    for (const folder of new Set([...byName, ...started])) {
      const inside = fs.lstat(folder)?.type === 'd' ? below(fs, folder) : [];
      if (inside.length === 0 || this.done.has(folder)) continue;
      const additions = inFolder([folder, ...inside], baseName(folder), path);
      const isLauncher = !wasExecuted(path, context) && (await ofOwnName(folder, inside, context));
      if (isLauncher) this.done.add(folder);
      findings.push(...offered(additions, isLauncher ? undefined : 'call'), ...(isLauncher ? await shellsOf(inside, context) : []));
      if (fs.list(folder).length <= MOST_FILES) beside.push(...fs.list(folder));
    }
    if (!(await isNative(path, context))) return findings;
    // Where a folder is too much, what the program names of it is still there, and so is its configuration.
    beside.push(...(await ofSamePackage(path, context)).filter((file) => file.startsWith('/etc/')));
    const files = beside.filter((one) => fs.lstat(one)?.type === 'f' && baseName(one).length >= SHORTEST_NAME);
    const named = await filesNamed(path, files, fs);
    findings.push(...named.flatMap((one) => offered(inFolder([one], owner, path), 'call')));
    return findings;
  }

  /**
   * The folder of a script outside PATH that a link in PATH leads to: /usr/lib/libreoffice of /usr/bin/libreoffice. Such a launcher
   * finds out where it is, and opens or starts what is beside it. What Python needs is known better.
   */
  private async behind(link: Entry, context: Context): Promise<Finding[]> {
    const { fs } = context;
    const script = isInPath(link.path, context) ? await scriptAt(link, context) : undefined;
    if (!script || ofPython(baseName(script.name))) return [];
    const home = homeOf(script.path, context);
    if (home === undefined || this.done.has(home)) return [];
    const all = (folder: string) => inFolder([folder, ...below(fs, folder)], baseName(home), script.path);
    const named = PLACES.flatMap((place) => expandGlob(fs, `${place}/${baseName(home)}`));
    const others = named.filter((one) => one !== home && fs.lstat(one)?.type === 'd').flatMap((one) => offered(all(one), 'call'));
    const isLauncher = !wasExecuted(script.path, context) && (await isHomeOnPurpose(home, script.path, context));
    if (isLauncher) this.done.add(home);
    const shells = isLauncher ? await shellsOf(below(fs, home), context) : [];
    return [...offered(all(home), isLauncher ? undefined : 'call'), ...shells, ...others];
  }

  /**
   * The folder of a native program that is outside PATH and that no run executed: /usr/lib/chromium of /usr/lib/chromium/chromium. What
   * such a program opens is there. Of a prefix of its own (/usr/lib/jvm/java-17/bin/java), what its package brought beside the programs.
   */
  private async around(path: string, context: Context): Promise<Finding[]> {
    const { fs, python } = context;
    if (!(await isNative(path, context)) || python?.isOwn(path) || python?.distributions.ownerOf(path)) return [];
    if (wasExecuted(path, context)) return [];
    const folder = above(path, '').find((one) => baseName(one) === baseName(path) && !isShared(one, context));
    const prefix = parentOf(parentOf(path));
    const isPrefix = baseName(parentOf(path)) === 'bin' && !SHARED_PREFIX.test(prefix);
    if (folder === undefined && !isPrefix) return [];
    const isBeside = (one: string) => one.startsWith(`${prefix}/`) && !one.startsWith(`${parentOf(path)}/`);
    const inside = folder === undefined ? (await ofSamePackage(path, context)).filter(isBeside) : [folder, ...below(fs, folder)];
    const fresh = inside.filter((one) => !this.done.has(one));
    const additions = inFolder(fresh, baseName(path), path);
    for (const one of fresh) this.done.add(one);
    return offered(additions, (await packageOnPurpose(path, context)) === undefined ? 'call' : undefined);
  }
}

/** What keeps paths in a folder with the name *subject*, for a program. */
function inFolder(paths: readonly string[], subject: string, program: string): Addition[] {
  return paths.map((path) => ({ path, rule: 'system', kind: 'folder', subject, parents: [program] }));
}

/** The folder of its own that a program has. Undefined where it has none, or where Python or the app is in it. */
function homeOf(path: string, context: Context): string | undefined {
  const { fs, python, trace, config } = context;
  const folders = above(path, '');
  const at = folders.findIndex((folder) => HOMES.some((place) => expandGlob(fs, place).includes(parentOf(folder))));
  const home = folders[baseName(folders[at] ?? '') === 'node_modules' ? at - 1 : at];
  if (home === undefined || isShared(home, context) || python?.distributions.ownerOf(path)) return undefined;
  const inUse = [...(python?.layout.searchPath ?? []), python?.layout.executable, config.WorkingDir, ...Object.values(trace.modules)];
  if (inUse.some((one) => one === home || one?.startsWith(`${home}/`))) return undefined;
  return below(fs, home).some((one) => baseName(one) === 'pyvenv.cfg') ? undefined : home;
}

/** Whether the app's author put a program with a folder of its own into the image: also by a package that has files there, or its name. */
async function isHomeOnPurpose(home: string, path: string, context: Context): Promise<boolean> {
  if (await isOnPurpose(path, context)) return true;
  if (!context.trace.image.shared && (await context.python?.packages.isOnPurpose(baseName(home)))) return true;
  for (const one of below(context.fs, home)) if ((await packageOnPurpose(one, context)) !== undefined) return true;
  return false;
}

/** Whether many programs have their files in a folder. */
function isShared(folder: string, { fs }: Context): boolean {
  return SHARED_PREFIX.test(folder) || parentOf(folder) === '/' || PLACES.some((place) => expandGlob(fs, place).includes(folder));
}

/** Whether a folder has a native program of its own name. */
async function ofOwnName(folder: string, inside: readonly string[], context: Context): Promise<boolean> {
  const named = inside.filter((path) => baseName(path) === baseName(folder) && isExecutable(context.fs.lstat(path)));
  for (const path of named) if (await isNative(path, context)) return true;
  return false;
}

/** The shells of the scripts in a folder: a launcher may run any of them. */
async function shellsOf(paths: readonly string[], { fs }: Context): Promise<Addition[]> {
  const additions: Addition[] = [];
  for (const path of paths.filter((one) => isExecutable(fs.lstat(one)))) {
    const { interpreter } = (await shebangAt(path, fs)) ?? {};
    if (interpreter === undefined || !SHELLS.test(baseName(interpreter))) continue;
    additions.push({ path: interpreter, rule: 'scripts', kind: 'interpreter', line: 1, parents: [path] });
  }
  return additions;
}

function wasExecuted(path: string, { fs, trace }: Context): boolean {
  return trace.observations.some(({ kind, path: seen }) => kind === 'exec' && fs.resolve(seen)?.path === path);
}

/** Folders with a native program of their own name that a native program of the same package has among its strings: /usr/lib/R of Rscript. */
async function startedFolders(path: string, context: Context): Promise<string[]> {
  const { fs } = context;
  if (!(await isNative(path, context))) return [];
  const named = (await nativeStrings(fs, path)).paths;
  const folders: string[] = [];
  for (const folder of named.filter((one) => fs.lstat(one)?.type === 'd' && !isShared(one, context))) {
    const isSame = (await ofSamePackage(path, context)).some((file) => file.startsWith(`${folder}/`));
    if (isSame && (await ofOwnName(folder, below(fs, folder), context))) folders.push(folder);
  }
  return folders;
}

/** What the package of a program brought. */
async function ofSamePackage(path: string, { python }: Context): Promise<readonly string[]> {
  const owner = await python?.packages.ownerOf(path);
  return owner === undefined ? [] : ((await python?.packages.files(owner)) ?? []);
}
