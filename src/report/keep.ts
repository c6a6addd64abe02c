import type { KeepSet } from '../keep/keepset.js';
import type { Level } from '../keep/level.js';
import type { Grades } from '../keep/python/grades.js';
import type { PythonWorld } from '../keep/python/world.js';
import type { RootFs } from '../rootfs.js';
import { omittedFiles } from './omitted.js';

/** Why each path is kept or left out, as it is written beside the trace. */
export function keepReport(fs: RootFs, keep: KeepSet, python: PythonWorld | undefined, grades: Grades['all'], level: Level) {
  const sentences = new Map<string, number>();
  const omitted: Record<string, number> = {};
  for (const [path, sentence] of omittedFiles(fs, keep, python, level)) {
    const index = sentences.get(sentence) ?? sentences.size;
    sentences.set(sentence, index);
    omitted[path] = index;
  }
  const distributions = (python?.distributions.all ?? []).map((distribution) => {
    const { name, version, metadata, files } = distribution;
    const known = grades.get(distribution);
    return {
      name,
      version,
      metadata,
      files: files.length,
      kept: files.filter((path) => keep.has(path)).length,
      grade: known?.grade ?? null,
      ...(known?.by !== undefined && { by: known.by }),
    };
  });
  const links = [...fs.entries.values()].flatMap(({ path, target }) => (target === undefined ? [] : [[path, target] as const]));
  return {
    kept: Object.fromEntries(keep.reasons),
    omitted,
    sentences: [...sentences.keys()],
    links: Object.fromEntries(links),
    distributions,
  };
}
