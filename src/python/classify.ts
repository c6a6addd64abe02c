import { isLibraryName } from '../os/places.js';
import { baseName, parentOf } from '../rootfs.js';
import { isForDevelopers } from './developers.js';
import type { Distribution } from './distributions.js';

/** What a file of a distribution is for. */
export type FileKind =
  | 'module'
  | 'bytecode'
  | 'extension'
  | 'library'
  | 'data'
  | 'metadata'
  | 'program'
  | 'test'
  | 'build'
  | 'cache'
  | 'stub'
  | 'doc';

const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** Files that a documentation project has at its top. Source: Sphinx documentation, "Getting started" and "Configuration". */
const DOCUMENTATION_PROJECT: readonly string[] = ['conf.py', 'index.rst'];

/** Folders of a distribution that have a name for tests or documentation, and that hold what the name says. */
interface Folders {
  tests: ReadonlySet<string>;
  docs: ReadonlySet<string>;
}

/**
 * What the files of a distribution are for. A folder's name alone proves nothing: `tests` and `docs` may be data.
 * A folder `tests` is for tests if a test module is in it, and a folder `docs` is documentation if it has a project's files.
 * @param suffixes suffixes of extension modules
 */
export function classifyFiles({ root, metadata, files }: Distribution, suffixes: readonly string[]): Map<string, FileKind> {
  const all = new Set(files);
  const folders = foldersOf(root, files, all);
  return new Map(files.map((path) => [path, classify(path, root, metadata, suffixes, all, folders)]));
}

function classify(
  path: string,
  root: string,
  metadata: string,
  suffixes: readonly string[],
  all: ReadonlySet<string>,
  { tests, docs }: Folders,
): FileKind {
  if (isForDevelopers(path, all)) return 'build';
  if (path === metadata || path.startsWith(`${metadata}/`)) return 'metadata';
  const inside = path.startsWith(`${root}/`);
  const names = (inside ? path.slice(root.length + 1) : path.slice(1)).split('/').slice(0, -1);
  if (!inside && /\/s?bin$/.test(parentOf(path))) return 'program';
  if (baseName(path) === 'conftest.py') return 'test';
  // Other modules of a package of tests are helpers, which code elsewhere may import (twisted.test.proto_helpers).
  const testFolder = inside ? above(path, root).find((folder) => tests.has(folder)) : undefined;
  if (testFolder !== undefined && (!path.endsWith('.py') || isTestModule(path) || !isInPackages(path, testFolder, all))) return 'test';
  if (path.endsWith('.pyc')) return names.at(-1) === '__pycache__' || all.has(path.slice(0, -1)) ? 'cache' : 'bytecode';
  if (path.endsWith('.pyi') || baseName(path) === 'py.typed') return 'stub';
  if (isInside(path, root, docs)) return 'doc';
  if (path.endsWith('.py')) return 'module';
  if (isLibraryName(path)) {
    const suffix = suffixes.find((ending) => path.endsWith(ending));
    const name = suffix === undefined ? '' : baseName(path).slice(0, -suffix.length);
    // One outside belongs to another search path, for instance that of Debian's other Python.
    if (suffix !== undefined && !inside) return 'extension';
    return IDENTIFIER.test(name) && names.every((folder) => IDENTIFIER.test(folder)) ? 'extension' : 'library';
  }
  if (!inside && /\/share\/(man|doc|info)\//.test(path)) return 'doc';
  return 'data';
}

function foldersOf(root: string, files: readonly string[], all: ReadonlySet<string>): Folders {
  const tests = new Set(files.filter(isTestModule).flatMap((path) => above(path, root).filter(isTestFolder)));
  const docs = new Set(
    files
      .filter((path) => DOCUMENTATION_PROJECT.includes(baseName(path)))
      .map(parentOf)
      .filter((folder) => /\/docs?(\/source)?$/.test(folder) && folder.startsWith(`${root}/`) && !all.has(`${folder}/__init__.py`)),
  );
  return { tests, docs };
}

/** Whether a file is a Jupyter notebook, by its name. */
export function isNotebook(path: string): boolean {
  return path.endsWith('.ipynb');
}

/** Whether a file has the name of a module of tests. Source: pytest documentation, "Conventions for Python test discovery". */
export function isTestModule(path: string): boolean {
  return /\/(test_[^/]*|[^/]*_test|conftest)\.py$/.test(path);
}

/** Whether a folder has the usual name of a folder of tests. */
export function isTestFolder(path: string): boolean {
  return /\/_?tests?$/.test(path);
}

/** The folders above a file, the nearest first, up to a root that is not among them. */
export function above(path: string, root: string): string[] {
  const folders: string[] = [];
  for (let at = parentOf(path); at.length > root.length && at !== '/'; at = parentOf(at)) folders.push(at);
  return folders;
}

/** Whether a file's folder, and every folder from there up to another one, is a package with an `__init__.py`. */
function isInPackages(path: string, folder: string, all: ReadonlySet<string>): boolean {
  return [...above(path, folder), folder].every((at) => all.has(`${at}/__init__.py`));
}

function isInside(path: string, root: string, folders: ReadonlySet<string>): boolean {
  return folders.size > 0 && path.startsWith(`${root}/`) && above(path, root).some((folder) => folders.has(folder));
}

/** Whether other distributions may import a module: no part of its name begins with an underscore. */
export function isPublic(name: string): boolean {
  return name.split('.').every((part) => !part.startsWith('_'));
}
