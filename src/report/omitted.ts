import type { KeepResult } from '../keep/compute.js';
import type { Level } from '../keep/level.js';
import type { PythonWorld } from '../keep/python/world.js';
import { classifyFiles, type FileKind } from '../python/classify.js';
import type { RootFs } from '../rootfs.js';
import type { Omission } from '../workspace/keepreport.js';
import { replacedModules } from './replaced.js';
import { describePlace } from './words.js';

/** The kinds of files of a distribution that are left out for what they are. */
const LEFT_OUT: ReadonlyMap<FileKind, Omission['kind']> = new Map(
  (['test', 'build', 'stub', 'doc', 'extension', 'library', 'program'] as const).map((kind) => [kind, kind]),
);

/** For each path that is left out, directories aside: why. @param isOwned whether a package or a distribution brought a path */
export function omittedFiles(
  fs: RootFs,
  { keep, python, costly, gpu }: Pick<KeepResult, 'keep' | 'python' | 'costly' | 'gpu'>,
  level: Level,
  isOwned: (path: string) => boolean,
): Map<string, Omission> {
  const named = new Map<string, Omission>(
    costly.flatMap(({ paths, bytes, reason }) => {
      const omission = { kind: 'costly', subject: describePlace(reason), bytes } as const;
      return paths.map((path) => [path, omission] as const);
    }),
  );
  for (const [path, subject] of gpu.left) named.set(path, { kind: 'gpu', subject });
  for (const [path, subject] of replacedModules(keep)) named.set(path, { kind: 'replaced', subject });
  for (const [path, subject] of python?.foreign ?? []) named.set(path, { kind: 'foreign', subject });
  const omitted = new Map<string, Omission>();
  const ofDistribution = new Map<string, Omission>();
  for (const distribution of python?.distributions.all ?? []) {
    const isKept = distribution.files.some((path) => path.endsWith('.py') && keep.has(path));
    for (const [path, kind] of classifyFiles(distribution, python?.layout.suffixes ?? [])) {
      if (kind === 'cache') continue;
      ofDistribution.set(path, { kind: isKept ? (LEFT_OUT.get(kind) ?? 'unreached') : 'unimported', subject: distribution.name });
    }
  }
  for (const { path, type } of fs.entries.values()) {
    if (type === 'd' || keep.has(path)) continue;
    omitted.set(path, named.get(path) ?? ofDistribution.get(path) ?? otherwise(path, python, level, isOwned));
  }
  return omitted;
}

function otherwise(path: string, python: PythonWorld | undefined, level: Level, isOwned: (path: string) => boolean): Omission {
  if (level === 'observed' || !python) return { kind: 'unobserved' };
  if (path.endsWith('.pyc')) return { kind: 'bytecode' };
  const owner = python.distributions.ownerOf(path);
  if (owner) return { kind: 'unlisted', subject: owner.name };
  if (python.isStandard(path)) return { kind: 'standard-library' };
  if (python.isOwn(path)) return { kind: 'own-extras' };
  return { kind: isOwned(path) ? 'system' : 'unowned' };
}
