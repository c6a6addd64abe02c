import { behindLink, isAdded } from '../../os/places.js';
import { isNotebook } from '../../python/classify.js';
import { baseName, parentOf, type RootFs } from '../../rootfs.js';
import type { Trace } from '../../trace/schema.js';
import { APP_FOLDERS, TOOL_FOLDERS } from '../data/directories.js';
import { ownTests } from './owntests.js';
import type { PythonWorld } from './world.js';

/** The app's own files: its code, and the files beside it (templates, static files, migrations, data). */
export interface OwnFiles {
  code: Set<string>;
  data: Set<string>;
}

/**
 * Finds the app's own files: every Python file and notebook outside the standard library, site-packages and the system's folders,
 * and every file in the folders of those files and in the working directory. Its tests do not count; what a test is, its
 * code says (owntests.ts).
 * @param trace the app may be in the system's folders, too: Python files that ran tell
 */
export async function ownFiles(fs: RootFs, world: PythonWorld, workingDir: string | undefined, trace: Trace): Promise<OwnFiles> {
  const { code, data } = besideCode(fs, world, workingDir, trace);
  const isTest = await testsOf(fs, world, workingDir, trace);
  for (const set of [code, data]) for (const path of set) if (isTest(path)) set.delete(path);
  return { code, data };
}

/** Finds the app's own tests. @returns whether a path is one, or is there for tests */
export async function testsOf(
  fs: RootFs,
  world: PythonWorld,
  workingDir: string | undefined,
  trace: Trace,
): Promise<(path: string) => boolean> {
  const withSuite = trace.runs.some(({ tests }) => tests !== null);
  return ownTests(besideCode(fs, world, workingDir, trace), world, pathsOfApp(fs, trace), withSuite);
}

/** All files of the app, its tests among them. */
function besideCode(fs: RootFs, world: PythonWorld, workingDir: string | undefined, trace: Trace): OwnFiles {
  // Debian's sitecustomize.py is a link of the standard library to a file in /etc.
  const others = Object.entries(trace.modules).filter(([, file]) => typeof file !== 'string' || !world.isStandard(file));
  const observed = others.flatMap(([name, file]) => world.finder.find(name)?.file ?? file ?? []);
  const code = new Set<string>();
  const folders = new Set<string>();
  const take = (path: string) => {
    code.add(path);
    const folder = topFolder(path);
    if (folder !== undefined) folders.add(folder);
  };
  for (const entry of fs.entries.values()) {
    const { type, path } = entry;
    if (type === 'f' && (path.endsWith('.py') || isNotebook(path)) && !TOOL_FOLDERS.test(path) && world.isOwn(path)) take(path);
  }
  for (const path of observed) {
    const found = fs.resolve(path)?.path;
    if (
      found?.endsWith('.py') &&
      !world.isStandard(found) &&
      !world.distributions.ownerOf(found) &&
      !/\/(site|dist)-packages\//.test(found)
    )
      take(found);
  }
  const home = fs.resolve(workingDir || '/')?.path;
  if (home !== undefined && isAdded(home) && home !== '/') folders.add(home);
  const data = new Set<string>();
  for (const entry of fs.entries.values()) {
    if (code.has(entry.path) || TOOL_FOLDERS.test(entry.path) || entry.path.endsWith('.pyc')) continue;
    if (entry.type !== 'f' && entry.type !== 'l') continue;
    if (!under(entry.path, folders) || !(entry.path.endsWith('.py') ? !world.isInstalled(entry.path) : world.isOwn(entry.path))) continue;
    data.add(entry.path);
    for (const path of behindLink(fs, entry.path)) data.add(path);
  }
  return { code, data };
}

/** Files that the app used, without those that only its test suites used. */
function pathsOfApp(fs: RootFs, { observations, processes, runs }: Trace): Set<string> {
  const seen = observations.filter(({ kind, process }) => {
    const isTest = process !== null && (runs[processes[process]?.run ?? 0]?.tests ?? null) !== null;
    return !isTest && (kind === 'open' || kind === 'map' || kind === 'exec');
  });
  return new Set(seen.flatMap(({ path }) => fs.resolve(path)?.path ?? []));
}

/** The folder of the app that a file belongs to: one of the usual folders of apps, or the first folder below the root. */
function topFolder(path: string): string | undefined {
  const usual = APP_FOLDERS.exec(path)?.[1];
  if (usual !== undefined) return usual;
  if (!isAdded(path)) return parentOf(path);
  const first = /^(\/[^/]+)\//.exec(path)?.[1];
  return first !== undefined && baseName(first) !== '' ? first : undefined;
}

/** Whether a path is below one of the folders. */
function under(path: string, folders: ReadonlySet<string>): boolean {
  for (let at = parentOf(path); at !== '/'; at = parentOf(at)) if (folders.has(at)) return true;
  return false;
}
