import type { Level } from '../keep/level.js';
import { highlights } from '../report/highlights.js';
import type { ShrinkSummary } from '../report/summary.js';
import { passed } from '../smoke/verdict.js';
import type { Folder } from '../workspace/folder.js';
import type { Context } from './context.js';
import { outcomeOfAll } from './outcomes.js';
import type { Shrunk } from './shrink.js';
import { untouchedIn } from './untouched.js';

/**
 * What a `shrink` came to, in numbers and names.
 * @param level as the user wished it
 * @param start when it began, as performance.now() counts
 */
export async function summaryOf({ engine }: Context, shrunk: Shrunk, level: Level, folder: Folder, start: number): Promise<ShrinkSummary> {
  const { traced, target, draft, verdict, runs, published, size, report } = shrunk;
  const files = [...traced.fs.entries.values()].filter(({ type }) => type === 'f');
  // No engine knows the size of a plain directory.
  const before = traced.original.size || files.reduce((sum, entry) => sum + entry.size, 0);
  const outcome = outcomeOfAll(verdict, runs);
  return {
    original: traced.original.reference,
    image: published ? target.name.text : null,
    target: target.name.text,
    engine: await engine.describe(),
    passed: passed(verdict) && outcome === 'same',
    outcome,
    runs,
    budget: report.budget,
    highlights: highlights(report),
    untouched: await untouchedIn(traced),
    before,
    after: size,
    ratio: before / size,
    filesBefore: files.length,
    files: draft.files,
    level,
    repairs: traced.trace.repairs,
    seconds: (performance.now() - start) / 1000,
    trace: folder.tracePath,
    folder: folder.path,
    notes: draft.notes,
    warnings: traced.trace.warnings,
    unsound: traced.trace.unsound,
    verdict,
  };
}
