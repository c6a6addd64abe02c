/** Seconds that the keep set of `science` takes at `reachable`: without and with remembered summaries of files. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerEngine } from '../src/engines/docker/docker.js';
import { PLAIN_RUN } from '../src/engines/runoptions.js';
import { PLAIN_EXERCISE } from '../src/exercise/exercise.js';
import { analystOf } from '../src/guest/analyst.js';
import { Helper } from '../src/guest/helper.js';
import { computeKeepSet } from '../src/keep/compute.js';
import { commandOf } from '../src/watching/app.js';
import { traceImage } from '../src/watching/trace.js';
import { median, seconds } from './median.js';

const IMAGE = 'pyshrink-fixture/science';
const RUNS = 5;

const engine = await DockerEngine.open();
const session = await engine.openSession();
try {
  const image = await engine.inspect(IMAGE);
  const helper = await Helper.start(session, image);
  const exercise = { ...PLAIN_EXERCISE, steps: [{ kind: 'until-exit' as const }] };
  const { trace, fs } = await traceImage(session, helper, image, exercise, () => {});
  const once = (folder: string) =>
    seconds(() =>
      computeKeepSet({
        fs,
        trace,
        config: image.config,
        env: [],
        commands: [commandOf(image.config, PLAIN_RUN, [])],
        choice: { include: [], exclude: [] },
        level: 'reachable',
        analyst: analystOf(helper, folder),
      }),
    );
  const folder = () => mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const same = folder();
  const cold: number[] = [];
  const warm: number[] = [];
  await once(same);
  for (let i = 0; i < RUNS; i++) {
    cold.push(await once(folder()));
    warm.push(await once(same));
  }
  console.log(
    `closure of science: ${median(warm).toFixed(1)} s with remembered summaries, ${median(cold).toFixed(1)} s without (medians of ${RUNS})`,
  );
} finally {
  await session.close();
}
