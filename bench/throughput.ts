/**
 * Requests per second of flask under gunicorn with two workers, traced and untraced, in pairs, once warm. The limit is 0.7 times as
 * many under trace. wrk runs in the network of the app's container.
 */
import { execa } from 'execa';
import { DockerEngine } from '../src/engines/docker/docker.js';
import type { Container } from '../src/engines/engine.js';
import { PLAIN_RUN } from '../src/engines/runoptions.js';
import { Helper } from '../src/guest/helper.js';
import { commandOf } from '../src/watching/app.js';
import { addImportProbe } from '../src/watching/importprobe.js';
import { WatchedApp } from '../src/watching/watched.js';
import { median } from './median.js';

const IMAGE = 'pyshrink-fixture/board';
const ARGS = ['gunicorn', '--workers', '2', '--threads', '1', 'board:create_app()'];
/** A page that needs no file, and one that opens a database. */
const PATHS = ['/sign-in', '/'];
const PAIRS = 5;
const SECONDS = { warm: 2, measured: 4 };

await execa('bash', ['fixtures/build.sh', 'wrk'], { stdio: 'inherit' });
const engine = await DockerEngine.open();
const session = await engine.openSession();
try {
  const image = await engine.inspect(IMAGE);
  const helper = await Helper.start(session, image);
  const kit = await helper.kitFor(image.id);
  const probed = await addImportProbe(session, helper, image);
  const common = { run: PLAIN_RUN, volume: helper.volume };

  /** Requests per second, by path. */
  const measured = async ({ id }: Container): Promise<Map<string, number>> => {
    const wrk = async (path: string, seconds: number) => {
      const address = `http://127.0.0.1:8000${path}`;
      const words = ['--threads', '1', '--connections', '4', '--duration', `${seconds}s`, address];
      const { stdout } = await execa('docker', ['run', '--rm', '--network', `container:${id}`, 'pyshrink-fixture/wrk', ...words], {
        reject: false,
      });
      if (/Non-2xx/.test(stdout)) throw new Error(stdout);
      return Number(/^Requests\/sec:\s*([\d.]+)/m.exec(stdout)?.[1] ?? 0);
    };
    const found = new Map<string, number>();
    for (const path of PATHS) {
      // The first connection may come before the app listens.
      for (let tries = 0; tries < 50 && (await wrk(path, 1)) === 0; tries++);
      await wrk(path, SECONDS.warm);
      found.set(path, await wrk(path, SECONDS.measured));
    }
    return found;
  };

  const traced = async (name: string) => {
    const app = await WatchedApp.start(session, { ...common, image: probed, config: image.config, args: ARGS, kit, name });
    try {
      return await measured(app.container);
    } finally {
      await app.stop();
    }
  };
  const untraced = async () => {
    const command = commandOf(image.config, PLAIN_RUN, ARGS);
    const container = await session.create({ ...common, image: image.id, command, attachInput: false, role: 'app' });
    const { stdout, stderr } = await container.start();
    stdout.resume();
    stderr.resume();
    try {
      return await measured(container);
    } finally {
      await container.remove();
    }
  };
  const pairs: { traced: Map<string, number>; untraced: Map<string, number> }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) pairs.push({ traced: await traced(`throughput${pair}`), untraced: await untraced() });
  for (const path of PATHS) {
    const [during, without] = [
      pairs.map((pair) => pair.traced.get(path) as number),
      pairs.map((pair) => pair.untraced.get(path) as number),
    ];
    const ratio = median(during.map((rate, index) => rate / (without[index] as number)));
    console.log(
      `${path}: traced ${median(during).toFixed(0)} requests a second, untraced ${median(without).toFixed(0)}, ratio ${ratio.toFixed(2)} (median of ${PAIRS} pairs)`,
    );
  }
} finally {
  await session.close();
}
