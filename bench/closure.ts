/** Measures how long the keep set of `science` takes at level `reachable`, with and without cached file summaries. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAIN_EXERCISE } from '../src/exercise/exercise.js';
import { analystOf } from '../src/guest/analyst.js';
import { parseImageName } from '../src/images/name.js';
import { keepFor } from '../src/pipeline/assemble.js';
import { withSession } from '../src/pipeline/context.js';
import { openImage } from '../src/pipeline/images.js';
import { traceStage } from '../src/pipeline/trace.js';
import { Folder } from '../src/workspace/folder.js';
import { median, seconds } from './median.js';

const IMAGE = parseImageName('pyshrink-fixture/science');
const RUNS = 5;

const temporary = () => mkdtempSync(join(tmpdir(), 'pyshrink-'));

await withSession({}, IMAGE, async (context) => {
  const original = await openImage(context, IMAGE);
  const exercise = { ...PLAIN_EXERCISE, steps: [{ kind: 'until-exit' as const }] };
  const traced = await traceStage(context, original, exercise, new Folder(temporary()));
  const once = (cache: string) =>
    seconds(() =>
      keepFor({ ...traced, analyst: analystOf(traced.helper, cache) }, { level: 'reachable', targetGpu: 'any', include: [], exclude: [] }),
    );
  const same = temporary();
  const cold: number[] = [];
  const warm: number[] = [];
  await once(same);
  for (let i = 0; i < RUNS; i++) {
    cold.push(await once(temporary()));
    warm.push(await once(same));
  }
  console.log(
    `closure of science: ${median(warm).toFixed(1)} s with remembered summaries, ${median(cold).toFixed(1)} s without (medians of ${RUNS})`,
  );
});
