import { pathsNamed } from '../elf/strings.js';
import { isLibraryName } from '../os/places.js';
import { shebangAt } from '../os/shebang.js';
import { above } from '../python/classify.js';
import { baseName, below, type Entry, parentOf } from '../rootfs.js';
import { SHELLS } from './data/shells.js';
import { offered } from './evidence.js';
import { expandGlob } from './globs.js';
import { ofPython, packageOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { isProgram } from './scripts.js';

/** Folders with the data, the plugins, the helpers and the configuration of one program. Source: FHS 3.0, 3.7, 4.6, 4.7 and 4.11. */
const PLACES = ['/usr/share', '/usr/lib', '/usr/lib/*-linux-gnu', '/usr/libexec', '/etc'];

/** Where many programs have their files. Source: FHS 3.0, 3.16, 4.9. */
const SHARED_PREFIX = /^\/?$|^\/usr(\/local)?$/;

/**
 * Folders that have the name of a kept program, or of its package, where the app's author installed that package by its name (from the
 * level `reachable` on): templates of pandoc, formats of sox. Each is an offer: kept where it is cheap. One with programs in it is kept
 * whatever it costs, unless a run executed the program: what is in PATH starts what is there, as R and LibreOffice do.
 */
export class FoldersRule implements Rule {
  readonly name = 'system';
  private readonly done = new Set<string>();

  async visit({ path, type }: Entry, context: Context): Promise<Finding[]> {
    if (type !== 'f' || !context.python || ofPython(baseName(path))) return [];
    return isProgram(path, context) ? this.byName(path, context) : this.around(path, context);
  }

  private async byName(path: string, context: Context): Promise<Finding[]> {
    const owner = (await packageOnPurpose(path, context))?.replace(/:\w+$/, '');
    if (owner === undefined) return [];
    const { fs } = context;
    const names = new Set([owner, baseName(path), ...(await foldersNamed(path, context))].filter((name) => !this.done.has(name)));
    for (const name of names) this.done.add(name);
    const folders = [...names].flatMap((name) => PLACES.flatMap((place) => expandGlob(fs, `${place}/${name}`)));
    const findings: Finding[] = [];
    for (const folder of folders) {
      const inside = fs.lstat(folder)?.type === 'd' ? below(fs, folder) : [];
      if (inside.length === 0) continue;
      const because = { rule: 'system', kind: 'folder', subject: baseName(folder) } as const;
      const additions = [folder, ...inside].map((one): Addition => ({ path: one, ...because, parents: [path] }));
      const isLauncher = !wasExecuted(path, context) && (await hasProgram(inside, context));
      findings.push(...offered(additions, isLauncher ? undefined : 'call'), ...(isLauncher ? await shellsOf(inside, context) : []));
    }
    return findings;
  }

  /**
   * The folder of a native program that is outside PATH and that no run executed: /usr/lib/chromium of /usr/lib/chromium/chromium. What
   * such a program opens is there. Of a prefix of its own (/usr/lib/jvm/java-17/bin/java), what its package brought beside the programs.
   */
  private async around(path: string, context: Context): Promise<Finding[]> {
    const { fs, python } = context;
    if (!(await isNative(path, context)) || python?.isOwn(path) || python?.distributions.ownerOf(path)) return [];
    if (wasExecuted(path, context)) return [];
    const folder = above(path, '').find((one) => baseName(one) === baseName(path) && parentOf(one) !== '/');
    const prefix = parentOf(parentOf(path));
    const isPrefix = baseName(parentOf(path)) === 'bin' && !SHARED_PREFIX.test(prefix);
    if (folder === undefined && !isPrefix) return [];
    const inside = folder === undefined ? await ofSamePackage(path, prefix, context) : [folder, ...below(fs, folder)];
    const because = { rule: 'system', kind: 'folder', subject: baseName(path) } as const;
    const additions = inside.filter((one) => !this.done.has(one)).map((one): Addition => ({ path: one, ...because, parents: [path] }));
    for (const { path: one } of additions) this.done.add(one);
    return offered(additions, (await packageOnPurpose(path, context)) === undefined ? 'call' : undefined);
  }
}

async function isNative(path: string, { isElf, libraries }: Context): Promise<boolean> {
  return isElf(path) && (await libraries.elf(path))?.program === true;
}

async function hasProgram(paths: readonly string[], context: Context): Promise<boolean> {
  const executable = paths.filter((path) => ((context.fs.lstat(path)?.mode ?? 0) & 0o111) !== 0 && !isLibraryName(path));
  for (const path of executable) if (context.fs.lstat(path)?.type === 'f' && (await isNative(path, context))) return true;
  return false;
}

/** The shells of the scripts in a folder: a launcher may run any of them. */
async function shellsOf(paths: readonly string[], { fs }: Context): Promise<Addition[]> {
  const additions: Addition[] = [];
  for (const path of paths) {
    const entry = fs.lstat(path);
    if (entry?.type !== 'f' || (entry.mode & 0o111) === 0 || isLibraryName(path)) continue;
    const { interpreter } = (await shebangAt(path, fs)) ?? {};
    if (interpreter === undefined || !SHELLS.test(baseName(interpreter))) continue;
    additions.push({ path: interpreter, rule: 'scripts', kind: 'interpreter', line: 1, parents: [path] });
  }
  return additions;
}

function wasExecuted(path: string, { fs, trace }: Context): boolean {
  return trace.observations.some(({ kind, path: seen }) => kind === 'exec' && fs.resolve(seen)?.path === path);
}

/** Names of the folders of its own package that a native program has among its strings: /usr/lib/R of Rscript. */
async function foldersNamed(path: string, context: Context): Promise<string[]> {
  const { fs, python } = context;
  if (!(await isNative(path, context))) return [];
  const owner = await python?.packages.ownerOf(path);
  const files = owner === undefined ? [] : ((await python?.packages.files(owner)) ?? []);
  const named = await pathsNamed((offset, length) => fs.read(path, offset, length));
  const places = PLACES.flatMap((place) => expandGlob(fs, place));
  const folders = named.filter((one) => places.includes(parentOf(one)));
  return folders.filter((one) => files.some((file) => file.startsWith(`${one}/`))).map(baseName);
}

/** What the package of a program brought below a prefix, except programs. */
async function ofSamePackage(path: string, prefix: string, { python }: Context): Promise<string[]> {
  const owner = await python?.packages.ownerOf(path);
  const files = owner === undefined ? [] : ((await python?.packages.files(owner)) ?? []);
  return files.filter((one) => one.startsWith(`${prefix}/`) && !one.startsWith(`${parentOf(path)}/`));
}
