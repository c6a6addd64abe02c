/**
 * What tracing two runs of one image side by side takes, compared with the longer one alone. The limit is 1.3 on a computer with
 * idle cores.
 */
import { mkdtempSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAIN_EXERCISE } from '../src/exercise/exercise.js';
import { parseHttp } from '../src/exercise/steps.js';
import { withSession } from '../src/pipeline/context.js';
import { type NamedExercise, traceRuns } from '../src/pipeline/traceruns.js';
import { Folder } from '../src/workspace/folder.js';
import { median, seconds } from './median.js';

const IMAGE = 'pyshrink-fixture/flask-pandas';
const ROUNDS = 5;
const WORK = 'import pandas, time; frame = pandas.DataFrame({"a": range(9)}); time.sleep(2); print(frame.a.sum())';

const web: NamedExercise = { name: 'web', exercise: { ...PLAIN_EXERCISE, steps: [parseHttp('/'), { kind: 'wait', seconds: 2 }] } };
const job: NamedExercise = { name: 'job', exercise: { ...PLAIN_EXERCISE, args: ['python3', '-c', WORK] } };

/** Seconds that tracing some runs takes, in a session of its own. */
function traced(runs: readonly NamedExercise[]): Promise<number> {
  return withSession({ jobs: runs.length }, undefined, async (context) => {
    const image = await context.engine.inspect(IMAGE);
    const folder = new Folder(mkdtempSync(join(tmpdir(), 'pyshrink-')));
    return seconds(() => traceRuns(context, image, runs, folder, []));
  });
}

await traced([web]);
const rounds: { longer: number; both: number }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const alone = [await traced([web]), await traced([job])];
  rounds.push({ longer: Math.max(...alone), both: await traced([web, job]) });
}
const ratio = median(rounds.map(({ longer, both }) => both / longer));
console.log(
  `two runs side by side: ${median(rounds.map(({ both }) => both)).toFixed(2)} s, the longer one alone ${median(rounds.map(({ longer }) => longer)).toFixed(2)} s, ratio ${ratio.toFixed(2)} (median of ${ROUNDS}; load of this computer: ${loadavg()[0]?.toFixed(1)})`,
);
