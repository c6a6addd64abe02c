/**
 * What the second run of the original costs a `shrink`: `--runs 2` beside `--runs 1`, in turns. The limit is 1.15 for
 * flask-pandas and django. On a job that takes longer than the assembling, it costs what the job takes longer. Only requests whose answers do not vary: with one run, what varies is a difference.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { median, seconds } from './median.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const PAIRS = 5;
/** Seconds that the long job takes. */
const LONG = 15;

const REQUESTS: Record<string, string[]> = {
  'flask-pandas': ['GET /'],
  django: ['GET /', 'GET /static/admin/css/base.css'],
};

/** Seconds of a `shrink`. */
function shrink(name: string, runs: number, words: readonly string[]): Promise<number> {
  const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  return seconds(() => execa(process.execPath, [CLI, 'shrink', `pyshrink-fixture/${name}`, '--runs', String(runs), ...words], { cwd }));
}

for (const [name, requests] of Object.entries(REQUESTS)) {
  const steps = requests.flatMap((request) => ['--http', request]);
  await shrink(name, 1, steps);
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const once = await shrink(name, 1, steps);
    ratios.push((await shrink(name, 2, steps)) / once);
  }
  console.log(`${name}: a second run of the original costs a shrink ${median(ratios).toFixed(2)} x (median of ${PAIRS} pairs)`);
}

const job = ['--', 'python3', '-c', `import time; time.sleep(${LONG}); print('done')`];
const more: number[] = [];
for (let pair = 0; pair < 2; pair++) {
  const once = await shrink('hello', 1, job);
  more.push((await shrink('hello', 2, job)) - once);
}
console.log(`a job of ${LONG} s: a second run of the original takes ${median(more).toFixed(1)} s more`);
