/**
 * What the second run of the original costs a `shrink`: `--runs 2` beside `--runs 1`, in turns. The limit is 1.15 for
 * flask-pandas and django.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { median, seconds } from './median.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const PAIRS = 5;

for (const name of ['flask-pandas', 'django']) {
  const exercise = new URL(`../fixtures/${name}/exercise.yaml`, import.meta.url).pathname;
  const shrink = (runs: number) =>
    seconds(() =>
      execa(process.execPath, [CLI, 'shrink', `pyshrink-fixture/${name}`, '--exercise', exercise, '--runs', String(runs)], {
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
