import { baseName, parentOf } from '../rootfs.js';
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
  | 'stub'
  | 'doc';

const BUILD = /\.(h|hh|hpp|hxx|cuh|c|cc|cpp|cxx|cu|f|for|f90|f77|pyx|pxd|pxi|pyf|rs|a|la|lib|o|cmake|pc|po|pot)(\.in|\.src)?$/i;
const SHARED = /\.so(\.[\d.]+)?$/;
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * What the files of a distribution are for, judged by their names and folders.
 * @param suffixes suffixes of extension modules
 */
export function classifyFiles({ root, metadata, files }: Distribution, suffixes: readonly string[]): Map<string, FileKind> {
  const all = new Set(files);
  const testFolders = new Set(files.filter(isTestFile).map(parentOf));
  return new Map(files.map((path) => [path, classify(path, root, metadata, suffixes, all, testFolders)]));
}

function classify(
  path: string,
  root: string,
  metadata: string,
  suffixes: readonly string[],
  all: ReadonlySet<string>,
  testFolders: ReadonlySet<string>,
): FileKind {
  if (path === metadata || path.startsWith(`${metadata}/`)) return 'metadata';
  const inside = path.startsWith(`${root}/`);
  const folders = (inside ? path.slice(root.length + 1) : path.slice(1)).split('/').slice(0, -1);
  if (!inside && /\/s?bin$/.test(parentOf(path))) return 'program';
  if (inTests(path, root, folders, testFolders) || isTestFile(path)) return 'test';
  if (path.endsWith('.pyc')) return folders.at(-1) === '__pycache__' || all.has(path.slice(0, -1)) ? 'build' : 'bytecode';
  if (path.endsWith('.pyi') || baseName(path) === 'py.typed') return 'stub';
  if (BUILD.test(path)) return 'build';
  if (path.endsWith('.py')) return 'module';
  if (SHARED.test(path)) {
    const suffix = suffixes.find((ending) => path.endsWith(ending));
    const name = suffix === undefined ? '' : baseName(path).slice(0, -suffix.length);
    // One outside belongs to another search path, for instance that of Debian's other Python.
    if (suffix !== undefined && !inside) return 'extension';
    return IDENTIFIER.test(name) && folders.every((folder) => IDENTIFIER.test(folder)) ? 'extension' : 'library';
  }
  if (/(^|\/)share\/(man|doc|info)\//.test(path)) return 'doc';
  const docs = folders.findIndex((folder) => /^docs?$/.test(folder));
  if (inside && docs > 0 && !all.has(`${[root, ...folders.slice(0, docs + 1)].join('/')}/__init__.py`)) return 'doc';
  return 'data';
}

function isTestFile(path: string): boolean {
  return /\/(test_[^/]*|[^/]*_test|conftest)\.py$/.test(path);
}

/** Whether a file is in a folder `tests`, or in a folder `test` that has tests in it (django.test does not). */
function inTests(path: string, root: string, folders: readonly string[], testFolders: ReadonlySet<string>): boolean {
  if (!path.startsWith(`${root}/`)) return false;
  return folders.some(
    (folder, index) => folder === 'tests' || (folder === 'test' && testFolders.has([root, ...folders.slice(0, index + 1)].join('/'))),
  );
}

/** Whether other distributions may import a module: no part of its name begins with an underscore. */
export function isPublic(name: string): boolean {
  return name.split('.').every((part) => !part.startsWith('_'));
}
