import { baseName, join, parentOf, type RootFs } from '../rootfs.js';
import type { PythonLayout } from './layout.js';

/** The file in the folder of a virtual environment by which the interpreter knows it (PEP 405). */
export const ENVIRONMENT_FILE = 'pyvenv.cfg';

/** An interpreter with the modules that it finds: those of its own installation, or of a virtual environment (PEP 405). */
export interface Installation {
  /** The interpreter, without links. */
  executable: string;
  /** The folder of the virtual environment. */
  environment?: string;
}

/** The installation that an interpreter belongs to, by the path under which it is started. Undefined where the image has no such file. */
export function installationOf(path: string, fs: RootFs): Installation | undefined {
  const executable = fs.resolve(path)?.path;
  if (executable === undefined) return undefined;
  const folder = fs.resolve(parentOf(path))?.path ?? parentOf(path);
  const environment = parentOf(folder);
  return fs.lstat(join(environment, ENVIRONMENT_FILE)) ? { executable, environment } : { executable };
}

/** Whether two paths are interpreters of one installation. */
export function isSameInstallation(a: Installation, b: Installation): boolean {
  return a.executable === b.executable && a.environment === b.environment;
}

/**
 * Where an interpreter finds modules, as far as its files say: it is not started. It has no .pth files and no PYTHONPATH.
 * Source: CPython, Modules/getpath.py and Lib/site.py; Debian Python Policy 2.5 for dist-packages.
 * @returns undefined where it has no standard library in its usual place
 */
export function layoutOf({ executable, environment }: Installation, fs: RootFs): PythonLayout | undefined {
  const prefix = parentOf(parentOf(executable));
  const version = /(\d+\.\d+)$/.exec(baseName(executable))?.[1] ?? onlyVersion(prefix, fs);
  if (version === undefined) return undefined;
  const isThere = (path: string) => fs.resolve(path)?.entry.type === 'd';
  const libraries = ['lib', 'lib64'].map((name) => join(prefix, name));
  const standardLibrary = libraries.map((folder) => join(folder, `python${version}`)).filter((folder) => fs.resolve(join(folder, 'os.py')));
  if (standardLibrary.length === 0) return undefined;
  const compiled = libraries.map((folder) => join(folder, `python${version}/lib-dynload`)).filter(isThere);
  const installed = environment === undefined ? [prefix, '/usr/local'] : [environment];
  const sitePackages = installed
    .flatMap((folder) => ['lib', 'lib64'].map((name) => join(folder, name)))
    .flatMap((folder) => [join(folder, `python${version}/site-packages`), join(folder, `python${version}/dist-packages`)])
    .concat(environment === undefined ? join(prefix, 'lib/python3/dist-packages') : [])
    .filter(isThere);
  const suffixes = compiled
    .flatMap((folder) => fs.list(fs.resolve(folder)?.path ?? folder))
    .flatMap((path) => /\..*\.so$/.exec(baseName(path))?.[0] ?? []);
  return {
    version,
    executable,
    sitePackages,
    searchPath: [...standardLibrary, ...compiled, ...sitePackages],
    standardLibrary: [...standardLibrary, ...compiled],
    builtins: [],
    suffixes: [...new Set([...suffixes, '.abi3.so', '.so'])],
    editable: {},
  };
}

/** The version of the only Python below a prefix. */
function onlyVersion(prefix: string, fs: RootFs): string | undefined {
  const versions = fs
    .list(join(prefix, 'lib'))
    .flatMap((path) => (fs.lstat(join(path, 'os.py')) ? (/^python(\d+\.\d+)$/.exec(baseName(path))?.[1] ?? []) : []));
  return versions.length === 1 ? versions[0] : undefined;
}
