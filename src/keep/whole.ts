import { DOCUMENTATION, isLibraryName } from '../os/places.js';
import { classifyFiles } from '../python/classify.js';
import { baseName, below, join, parentOf, type RootFs } from '../rootfs.js';
import type { ObservationKind } from '../trace/schema.js';
import { STANDARD_LIBRARY_EXTRAS } from './data/directories.js';
import { ofPython } from './purpose.js';
import type { PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import type { Context } from './rule.js';

const USES: ReadonlySet<ObservationKind> = new Set(['open', 'write', 'map', 'exec']);

/**
 * What any program over the same distributions can use (level `whole`): the interpreter with its scripts and headers, the standard
 * library and all installed distributions without their tests, every package of the operating system of which a program or data file
 * is used, and the packages that every program may expect (Essential).
 *
 * The list is complete: what code in it names brings nothing more, for such names lead on and on. It is added once the app's own
 * reach is known, with what it needs to load.
 */
export async function wholeAdditions(context: Context, world: PythonWorld): Promise<Addition[]> {
  return [
    ...interpreter(context, world),
    ...standardLibrary(context, world),
    ...installed(world),
    ...(await packages(context, world)),
    ...passwords(context, world),
  ];
}

/** The interpreter's scripts, its headers and its shared library. Source: CPython, Makefile.pre.in: bininstall, inclinstall, libinstall. */
function interpreter({ fs, trace }: Context, { layout }: PythonWorld): Addition[] {
  const [major, minor] = layout.version.split('.');
  const short = `${major}.${minor}`;
  const additions: Addition[] = [];
  for (const executable of new Set([trace.python.executable, fs.resolve(trace.python.executable)?.path ?? ''])) {
    const folder = parentOf(executable);
    const prefix = parentOf(folder);
    const scripts = fs.list(folder).filter((path) => ofPython(baseName(path)));
    const headers = fs
      .list(join(prefix, 'include'))
      .filter((path) => new RegExp(`^python${major}(\\.${minor}[a-z]*)?$`).test(baseName(path)));
    const libraries = fs
      .list(join(prefix, 'lib'))
      .filter((path) => new RegExp(`^libpython${major}(\\.${minor}[a-z]*)?\\.so`).test(baseName(path)));
    const files = [...scripts, ...headers.flatMap((path) => below(fs, path)), ...libraries];
    additions.push(...files.map((path): Addition => ({ path, rule: 'whole', kind: 'interpreter', subject: short, parents: [] })));
  }
  return additions;
}

function standardLibrary({ fs }: Context, world: PythonWorld): Addition[] {
  return [...fs.entries.values()]
    .filter(({ path, type }) => type !== 'd' && world.isStandard(path) && !STANDARD_LIBRARY_EXTRAS.test(path))
    .map(({ path }) => ({ path, rule: 'whole', kind: 'standard-library', parents: [] }));
}

function installed({ distributions, layout }: PythonWorld): Addition[] {
  return distributions.all.flatMap((distribution) =>
    [...classifyFiles(distribution, layout.suffixes)]
      .filter(([, kind]) => kind !== 'test' && kind !== 'cache' && kind !== 'doc')
      .map(([path]) => ({ path, rule: 'whole', kind: 'distribution', of: distribution.name, parents: [] })),
  );
}

async function packages({ fs, trace, programs }: Context, world: PythonWorld): Promise<Addition[]> {
  const used = trace.observations.flatMap(({ kind, path }) => (USES.has(kind) ? (fs.resolve(path)?.path ?? []) : []));
  const names = new Map<string, string | undefined>();
  for (const path of [...used, ...programs]) {
    // A library may be used because something is linked with it. That does not mean that the rest of its package is used.
    const name = isLibraryName(path) ? undefined : await world.packages.ownerOf(path);
    if (name !== undefined && !names.has(name)) names.set(name, path);
  }
  for (const name of await world.packages.essential()) if (!names.has(name)) names.set(name, undefined);
  const additions: Addition[] = [];
  for (const [name, path] of names) {
    const reason = {
      rule: 'whole',
      kind: path === undefined ? 'essential' : 'package',
      of: name,
      parents: path === undefined ? [] : [path],
    } as const;
    for (const file of await world.packages.files(name)) {
      if (!DOCUMENTATION.test(file) && !STANDARD_LIBRARY_EXTRAS.test(file)) additions.push({ path: file, ...reason });
    }
  }
  return [...additions, ...otherNames(additions, fs)];
}

/** Links in folders of programs that lead to listed programs: `awk` of Debian's alternatives, the applets of busybox. No list has them. */
function otherNames(listed: readonly Addition[], fs: RootFs): Addition[] {
  const byPath = new Map(listed.flatMap((addition) => (fs.lstat(addition.path)?.type === 'f' ? [[addition.path, addition] as const] : [])));
  return [...fs.entries.values()].flatMap(({ path, type }) => {
    if (type !== 'l' || !/\/s?bin$/.test(parentOf(path))) return [];
    const addition = byPath.get(fs.resolve(path)?.path ?? '');
    return addition ? [{ ...addition, path }] : [];
  });
}

/** The file that `spwd` reads (up to Python 3.12). No package lists it: it is written at installation. */
function passwords({ fs }: Context, { finder, layout }: PythonWorld): Addition[] {
  const hasModule = layout.builtins.includes('spwd') || finder.find('spwd') !== undefined;
  return hasModule && fs.resolve('/etc/shadow') ? [{ path: '/etc/shadow', rule: 'whole', kind: 'passwords', parents: [] }] : [];
}
