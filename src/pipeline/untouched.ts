import { untouchedBy } from '../project/untouched.js';
import type { Untouched } from '../report/summary.js';
import { lookWith } from './init.js';
import type { Traced } from './trace.js';

/** What the code of a traced image offers and no step of its runs touched; null for this computer itself, which is no single app. */
export async function untouchedIn({
  helper,
  fs,
  original,
  record,
}: Pick<Traced, 'helper' | 'fs' | 'original' | 'record'>): Promise<Untouched | null> {
  if (!original.separateRoot) return null;
  const runs = record.runs.map(({ exercise, done }) => ({ args: exercise.args, done }));
  return untouchedBy(await lookWith(helper, fs, original), runs);
}
