/** Compares the wall time of `science` with and without tracing, from start to end of its container, in pairs of runs. */
import { DockerEngine } from '../src/engines/docker/docker.js';
import { PLAIN_RUN } from '../src/engines/runoptions.js';
import { Helper } from '../src/guest/helper.js';
import { commandOf } from '../src/watching/app.js';
import { addImportProbe } from '../src/watching/importprobe.js';
import { WatchedApp } from '../src/watching/watched.js';
import { median, seconds } from './median.js';

const IMAGE = 'pyshrink-fixture/science';
const PAIRS = 7;

const engine = await DockerEngine.open();
const session = await engine.openSession();
try {
  const image = await engine.inspect(IMAGE);
  const helper = await Helper.start(session, image);
  const kit = await helper.kitFor(image.id);
  const probed = await addImportProbe(session, helper, image);
  const common = { image: image.id, run: PLAIN_RUN, volume: helper.volume };
  const untraced = async () => {
    const container = await session.create({ ...common, command: commandOf(image.config, PLAIN_RUN, []), attachInput: false, role: 'app' });
    const time = await seconds(async () => {
      const { stdout, stderr } = await container.start();
      stdout.resume();
      stderr.resume();
      await container.wait();
    });
    await container.remove();
    return time;
  };
  const traced = (name: string) =>
    seconds(async () => {
      const app = await WatchedApp.start(session, { ...common, image: probed, config: image.config, args: [], kit, name });
      await app.ended;
    });
  await untraced();
  const pairs: [number, number][] = [];
  for (let i = 0; i < PAIRS; i++) pairs.push([await traced(`bench${i}`), await untraced()]);
  const ratio = median(pairs.map(([a, b]) => a / b));
  console.log(
    `science: traced ${median(pairs.map(([a]) => a)).toFixed(2)} s, untraced ${median(pairs.map(([, b]) => b)).toFixed(2)} s, ratio ${ratio.toFixed(2)} (median of ${PAIRS} pairs)`,
  );
} finally {
  await session.close();
}
