import { behindLink, isAdded } from '../../os/places.js';
import { baseName, parentOf, type RootFs } from '../../rootfs.js';
import type { PythonWorld } from './world.js';

/** Folders of a project that no code path of the app reads. */
const ASIDE = /\/(\.git|\.hg|\.svn|\.tox|\.nox|\.mypy_cache|\.ruff_cache|\.pytest_cache|__pycache__)(\/|$)/;
/** The app's own tests. */
export const TEST_FILES = /\/tests?\/|\/(test_[^/]*|[^/]*_test|conftest)\.py$/;

/** Why the app's own code is kept, in words. */
export const OWN_CODE = "the app's own code";

/** The app's own files: its code, and what lies beside it (templates, static files, migrations, data). */
export interface OwnFiles {
  code: Set<string>;
  data: Set<string>;
}

/**
 * Finds the app's own files: every Python file outside the standard library, site-packages and the system's folders,
 * and every file in the folders where those and the working directory are.
 * @param observed Python files that ran: where they are, the app is
 */
export function ownFiles(fs: RootFs, world: PythonWorld, workingDir: string | undefined, observed: Iterable<string>): OwnFiles {
  const code = new Set<string>();
  const folders = new Set<string>();
  const take = (path: string) => {
    code.add(path);
    const folder = topFolder(path);
    if (folder !== undefined) folders.add(folder);
  };
  for (const entry of fs.entries.values()) {
    if (entry.type === 'f' && entry.path.endsWith('.py') && !ASIDE.test(entry.path) && world.isOwn(entry.path)) take(entry.path);
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
    if (code.has(entry.path) || ASIDE.test(entry.path) || entry.path.endsWith('.pyc')) continue;
    if (entry.type !== 'f' && entry.type !== 'l') continue;
    if (!under(entry.path, folders) || !(entry.path.endsWith('.py') ? !world.isInstalled(entry.path) : world.isOwn(entry.path))) continue;
    data.add(entry.path);
    for (const path of behindLink(fs, entry.path)) data.add(path);
  }
  for (const set of [code, data]) for (const path of set) if (TEST_FILES.test(path)) set.delete(path);
  return { code, data };
}

/** The folder of an app that a file belongs to: the first below the root, or where images put apps. */
function topFolder(path: string): string | undefined {
  const usual = /^(\/usr\/src\/[^/]+|\/usr\/local\/[^/]+|\/var\/www|\/(?:home|opt|srv|mnt|media)\/[^/]+|\/root\/[^/]+)\//.exec(path)?.[1];
  if (usual !== undefined) return usual;
  if (!isAdded(path)) return parentOf(path);
  const first = /^(\/[^/]+)\//.exec(path)?.[1];
  return first !== undefined && baseName(first) !== '' ? first : undefined;
}

function under(path: string, folders: ReadonlySet<string>): boolean {
  for (let at = parentOf(path); at !== '/'; at = parentOf(at)) if (folders.has(at)) return true;
  return false;
}
