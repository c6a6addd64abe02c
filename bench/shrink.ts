/** Compares the time of `pyshrink shrink` on flask-pandas with its limit: the time of four app starts plus 5 s. */
import { mkdtempSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { median, seconds } from './median.js';

const IMAGE = 'pyshrink-fixture/flask-pandas';
const EXERCISE = new URL('../fixtures/flask-pandas/exercise.yaml', import.meta.url).pathname;
const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const RUNS = 5;

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (response) => resolve(response.resume().statusCode === 200)).on('error', () => resolve(false));
  });
}

/** Seconds from `docker run` to the first answer. */
async function start(): Promise<number> {
  let id = '';
  const time = await seconds(async () => {
    id = (await execa('docker', ['run', '-d', '--rm', '-p', '127.0.0.1::5000', IMAGE])).stdout;
    const address = (await execa('docker', ['port', id, '5000'])).stdout;
    while (!(await answers(`http://${address}/`))) await new Promise((go) => setTimeout(go, 10));
  });
  await execa('docker', ['rm', '-f', id]);
  return time;
}

const shrink = () =>
  seconds(() => execa(process.execPath, [CLI, 'shrink', IMAGE, '--exercise', EXERCISE], { cwd: mkdtempSync(join(tmpdir(), 'pyshrink-')) }));
await start();
await shrink();
const starts: number[] = [];
const shrinks: number[] = [];
for (let i = 0; i < RUNS; i++) {
  starts.push(await start());
  shrinks.push(await shrink());
}
const limit = 2 * 2 * median(starts) + 5;
console.log(
  `flask-pandas: shrink ${median(shrinks).toFixed(1)} s, one start ${median(starts).toFixed(2)} s, limit ${limit.toFixed(1)} s (medians of ${RUNS})`,
);
