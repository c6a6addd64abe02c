/**
 * What the second run of the original costs a `shrink`: `--runs 2` beside `--runs 1`, in turns. The limit is 1.15 for
 * flask-pandas and django. Only requests whose answers do not vary: with one run, what varies is a difference.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { median, seconds } from './median.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const PAIRS = 5;

const REQUESTS: Record<string, string[]> = {
  'flask-pandas': ['GET /'],
  django: ['GET /', 'GET /static/admin/css/base.css'],
};

for (const [name, requests] of Object.entries(REQUESTS)) {
  const steps = requests.flatMap((request) => ['--http', request]);
  const shrink = (runs: number) =>
    seconds(() =>
      execa(process.execPath, [CLI, 'shrink', `pyshrink-fixture/${name}`, ...steps, '--runs', String(runs)], {
        cwd: mkdtempSync(join(tmpdir(), 'pyshrink-')),
      }),
    );
  await shrink(1);
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const once = await shrink(1);
    ratios.push((await shrink(2)) / once);
  }
  console.log(`${name}: a second run of the original costs a shrink ${median(ratios).toFixed(2)} x (median of ${PAIRS} pairs)`);
}
