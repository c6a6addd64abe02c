import { baseName, join, parentOf, type RootFs, readText } from '../rootfs.js';
import type { PythonLayout } from './layout.js';

/** The file in the folder of a virtual environment by which the interpreter knows it (PEP 405). */
export const ENVIRONMENT_FILE = 'pyvenv.cfg';

/** An interpreter with the modules that it finds: those of its own installation, or of a virtual environment (PEP 405). */
export interface Installation {
  /** The interpreter, without links. In a virtual environment, it may be a copy. */
  executable: string;
  /** The folder of the virtual environment. */
  environment?: string;
}

/** The installation that an interpreter belongs to, by the path under which it is started. Undefined where the image has no such file. */
export function installationOf(path: string, fs: RootFs): Installation | undefined {
  const found = fs.resolve(path);
  if (found?.entry.type !== 'f') return undefined;
  const environment = environmentOfPrograms(fs.resolve(parentOf(path))?.path ?? parentOf(path), fs);
  return { executable: found.path, ...(environment !== undefined && { environment }) };
}

/** The virtual environment that a folder of programs belongs to. @param folder without links */
export function environmentOfPrograms(folder: string, fs: RootFs): string | undefined {
  const environment = parentOf(folder);
  return baseName(folder) === 'bin' && fs.lstat(join(environment, ENVIRONMENT_FILE)) ? environment : undefined;
}

/** Whether two paths are interpreters of one installation. Each name of it in a virtual environment may be a copy. */
export function isSameInstallation(a: Installation, b: Installation): boolean {
  return a.environment === b.environment && (a.environment !== undefined || a.executable === b.executable);
}

/**
 * Where an interpreter finds modules, as far as its files say: it is not started. PYTHONPATH is not known, and of .pth files only the
 * lines with paths are read.
 * Source: CPython, Modules/getpath.py and Lib/site.py; Debian Python Policy 2.5 for dist-packages.
 * @returns undefined where it has no standard library in its usual place
 */
export async function layoutOf({ executable: started, environment }: Installation, fs: RootFs): Promise<PythonLayout | undefined> {
  const settings = environment === undefined ? '' : ((await readText(fs, join(environment, ENVIRONMENT_FILE))) ?? '');
  const setting = (name: string) => new RegExp(`^${name}\\s*=\\s*(.*?)\\s*$`, 'm').exec(settings)?.[1];
  const isCopy = environment !== undefined && started.startsWith(`${environment}/`);
  const home = setting('home');
  const base = isCopy && home !== undefined ? home : parentOf(started);
  const prefix = parentOf(fs.resolve(base)?.path ?? base);
  const version =
    /(\d+\.\d+)$/.exec(baseName(started))?.[1] ?? /^\d+\.\d+/.exec(setting('version(?:_info)?') ?? '')?.[0] ?? onlyVersion(prefix, fs);
  if (version === undefined) return undefined;
  const isThere = (path: string) => fs.resolve(path)?.entry.type === 'd';
  const libraries = (folder: string) => ['lib', 'lib64'].map((name) => join(folder, `${name}/python${version}`));
  const standardLibrary = libraries(prefix).filter((folder) => fs.resolve(join(folder, 'os.py')));
  if (standardLibrary.length === 0) return undefined;
  const compiled = libraries(prefix)
    .map((folder) => join(folder, 'lib-dynload'))
    .filter(isThere);
  const ofBase = packagesOf(prefix, libraries, fs);
  const ofEnvironment = environment === undefined ? [] : libraries(environment).map((folder) => join(folder, 'site-packages'));
  const hasBase = environment === undefined || setting('include-system-site-packages') === 'true';
  const sitePackages = [...ofEnvironment, ...(hasBase ? ofBase : [])].filter(isThere);
  const suffixes = compiled
    .flatMap((folder) => fs.list(fs.resolve(folder)?.path ?? folder))
    .flatMap((path) => /\..*\.so$/.exec(baseName(path))?.[0] ?? []);
  return {
    version,
    executable: started,
    sitePackages,
    searchPath: [...standardLibrary, ...compiled, ...sitePackages, ...(await pathsIn(sitePackages, fs))],
    standardLibrary: [...standardLibrary, ...compiled],
    builtins: [],
    suffixes: [...new Set([...suffixes, '.abi3.so', '.so'])],
    editable: {},
  };
}

/**
 * Folders of packages of a Python that is no virtual environment. Debian's has dist-packages, so that it never finds what another
 * Python of the same version below /usr/local has in site-packages.
 */
function packagesOf(prefix: string, libraries: (folder: string) => string[], fs: RootFs): string[] {
  const inAll = (folder: string, name: string) => libraries(folder).map((library) => join(library, name));
  if (prefix !== '/usr') return inAll(prefix, 'site-packages');
  const shared = '/usr/lib/python3/dist-packages';
  if (fs.resolve(shared)) return [...inAll('/usr/local', 'dist-packages'), shared, ...inAll(prefix, 'dist-packages')];
  const isOthers = libraries('/usr/local').some((folder) => fs.resolve(join(folder, 'os.py')));
  return [...(isOthers ? [] : inAll('/usr/local', 'site-packages')), ...inAll(prefix, 'site-packages')];
}

/** Folders that the .pth files in folders of packages add (CPython, Lib/site.py, addpackage). */
async function pathsIn(sitePackages: readonly string[], fs: RootFs): Promise<string[]> {
  const found: string[] = [];
  for (const folder of sitePackages) {
    for (const file of fs.list(fs.resolve(folder)?.path ?? folder)) {
      if (!file.endsWith('.pth')) continue;
      for (const line of ((await readText(fs, file)) ?? '').split('\n')) {
        const path = line.trim();
        if (path === '' || /^(#|import[ \t])/.test(path)) continue;
        const full = path.startsWith('/') ? path : join(folder, path);
        if (fs.resolve(full)?.entry.type === 'd') found.push(full);
      }
    }
  }
  return found;
}

/** The version of the only Python below a prefix. */
function onlyVersion(prefix: string, fs: RootFs): string | undefined {
  const versions = fs
    .list(join(prefix, 'lib'))
    .flatMap((path) => (fs.lstat(join(path, 'os.py')) ? (/^python(\d+\.\d+)$/.exec(baseName(path))?.[1] ?? []) : []));
  return versions.length === 1 ? versions[0] : undefined;
}
