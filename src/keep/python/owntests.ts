import { above, isTestFolder, isTestModule } from '../../python/classify.js';
import { edgesOf } from '../../python/edges.js';
import type { Summary } from '../../python/summary.js';
import { baseName } from '../../rootfs.js';
import { TEST_FRAMEWORKS } from '../data/testing.js';
import type { OwnFiles } from './own.js';
import type { PythonWorld } from './world.js';

/**
 * Finds the tests among the app's own files. A name proves nothing: the app may be about exams. A module is a test if its
 * name and its code say so. The other files in a folder `tests` go with the tests in it, unless the app uses one of them or
 * names the folder.
 * @param used files that the app used while it was watched
 * @param withSuite whether a test suite was an exercise: a test runner took modules for tests wherever they are
 * @returns whether a path is a test, or is there for tests
 */
export async function ownTests(
  { code, data }: OwnFiles,
  world: PythonWorld,
  used: ReadonlySet<string>,
  withSuite: boolean,
): Promise<(path: string) => boolean> {
  const candidates = [...code, ...data].filter(isTestModule);
  await world.ask(candidates);
  const tests = new Set(candidates.filter((path) => !used.has(path) && isTest(path, world, withSuite)));
  const folders = new Set([...tests].flatMap((path) => above(path, '/').filter(isTestFolder)));
  const inFolder = (path: string) => above(path, '/').find((folder) => folders.has(folder));
  const others = folders.size === 0 ? [] : [...code].filter((path) => inFolder(path) === undefined && !tests.has(path));
  await world.ask(others);
  for (const folder of wantedFolders(folders, others, world)) folders.delete(folder);
  for (const path of used) for (const folder of above(path, '/')) folders.delete(folder);
  return (path) => tests.has(path) || inFolder(path) !== undefined;
}

/** Whether a module with the name of a test has tests in it, or sets up a test runner. */
function isTest(path: string, world: PythonWorld, withSuite: boolean): boolean {
  return world.codeIn(path).some(({ summary }) => {
    if (summary.imports.some(([, , module]) => TEST_FRAMEWORKS.test(module))) return true;
    return (withSuite || above(path, '/').some(isTestFolder)) && (baseName(path) === 'conftest.py' || hasTests(summary));
  });
}

/** Whether code has functions or methods that pytest and unittest take for tests. */
function hasTests({ functions }: Summary): boolean {
  return Object.keys(functions).some((scope) => /(^|\.)test/.test(scope));
}

/** Those of the folders that the app's other code imports from or names. */
function wantedFolders(folders: ReadonlySet<string>, code: readonly string[], world: PythonWorld): Set<string> {
  const wanted = new Set<string>();
  for (const { file, summary } of code.flatMap((path) => world.codeIn(path))) {
    const at = world.finder.at(file);
    const self = { name: at?.name ?? '', package: at?.package ?? false, kind: at ? 'source' : 'script', origin: 'own' } as const;
    const imported = edgesOf(self, summary, world.finder).flatMap(({ module }) => [...(module.search ?? []), module.file ?? []].flat());
    // The constants of a module have the names that it imports, too.
    const names = new Set(summary.imports.flatMap(([, , , imported]) => imported));
    const words = new Set([
      ...summary.strings.filter((text) => !names.has(text)),
      ...[...summary.paths, ...summary.relative].flatMap((text) => text.split('/')),
    ]);
    for (const folder of folders)
      if (words.has(baseName(folder)) || imported.some((path) => path === folder || path.startsWith(`${folder}/`))) wanted.add(folder);
  }
  return wanted;
}
