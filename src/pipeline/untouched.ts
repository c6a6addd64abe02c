import { debug, timed } from '../debug.js';
import { untouchedBy } from '../project/untouched.js';
import type { Untouched } from '../report/summary.js';
import { lookWith } from './init.js';
import type { Traced } from './trace.js';

/**
 * What the code of a traced image offers and no step of its runs touched. It is a hint only, so where the code can't be read, it is
 * missing.
 * @returns null where it was not looked for: this computer itself is no single app
 */
export async function untouchedIn({
  helper,
  fs,
  original,
  record,
}: Pick<Traced, 'helper' | 'fs' | 'original' | 'record'>): Promise<Untouched | null> {
  if (!original.separateRoot) return null;
  const runs = record.runs.map(({ exercise, done }) => ({ args: exercise.args, done }));
  try {
    return untouchedBy(await timed('watch', 'looking for what no step touched', () => lookWith(helper, fs, original)), runs);
  } catch (error) {
    debug.watch('what no step touched is not known: %s', (error as Error).message);
    return null;
  }
}
