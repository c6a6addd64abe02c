import type { KeepSet } from '../keep/keepset.js';
import type { Level } from '../keep/level.js';
import type { PythonWorld } from '../keep/python/world.js';
import { classifyFiles, type FileKind } from '../python/classify.js';
import type { RootFs } from '../rootfs.js';

const OF_A_DISTRIBUTION: Partial<Record<FileKind, string>> = {
  test: 'a test of %, which nothing that is kept imports; an import of it by kept code would bring it in',
  build: 'needed only to build against %, or compiled from a module that did not run while it was watched',
  stub: 'type information of %, which nothing reads at run time',
  doc: 'documentation of %',
  extension: 'an extension module of % that no kept code names; an import of it by kept code would bring it in',
  library: 'a shared library of % that no kept file is linked with',
  program: 'a program of %, which other distributions require and the app does not import; run it in the exercise to keep it',
};

/** For each file that is left out: why, and what would bring it in. One sentence serves many files. */
export function omittedFiles(fs: RootFs, keep: KeepSet, python: PythonWorld | undefined, level: Level): Map<string, string> {
  const omitted = new Map<string, string>();
  const ofDistribution = new Map<string, string>();
  for (const distribution of python?.distributions.all ?? []) {
    const { name, files } = distribution;
    const kept = files.some((path) => path.endsWith('.py') && keep.has(path));
    for (const [path, kind] of classifyFiles(distribution, python?.layout.suffixes ?? [])) {
      const sentence = kept
        ? (OF_A_DISTRIBUTION[kind] ?? 'of %, of which only what is reached is kept')
        : "of %, which no kept code imports; an import of it in the app's own code would bring it in";
      ofDistribution.set(path, sentence.replace('%', name));
    }
  }
  for (const { path, type } of fs.entries.values()) {
    if (type === 'd' || keep.has(path)) continue;
    omitted.set(path, ofDistribution.get(path) ?? otherwise(path, python, level));
  }
  return omitted;
}

function otherwise(path: string, python: PythonWorld | undefined, level: Level): string {
  if (level === 'observed' || !python) return 'not seen in use while it was watched; exercise what uses it, or take a higher --level';
  if (path.endsWith('.pyc')) return 'compiled from a module that did not run while it was watched; Python compiles it again';
  const owner = python.distributions.ownerOf(path);
  if (owner) return `of ${owner.name}, and listed by nobody`;
  if (python.isStandard(path))
    return 'of the standard library, which no kept code imports; an import of it by kept code would bring it in, as --level whole does';
  if (python.isOwn(path)) return "a test or a tool's folder beside the app's own code; run it in the exercise to keep it";
  return 'of the operating system: no process opened it, no kept file needs it by a rule; --level whole keeps all of each package of which a program or data file is used';
}
