/**
 * The fixtures that are too large for the tests: each is shrunk with its exercise, and what its exercise does not touch is compared
 * with the original. Usage: bench/run.sh behaviours [NAME...]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { behave } from '../test/support/behaviour.js';
import { CLI, FIXTURES } from '../test/support/engine.js';
import { expectedOf, fixtureNames } from '../test/support/fixtures.js';
import { mb } from './fixtures.js';

const wanted = process.argv.slice(2);
const names = fixtureNames('bench');
for (const name of wanted)
  if (!names.includes(name)) throw new Error(`there is no fixture ${name}; those of this benchmark are ${names.join(', ')}`);
console.log('| fixture | behaviours | different | original | reachable |\n|---|---|---|---|---|');
for (const name of names.filter((one) => wanted.length === 0 || wanted.includes(one))) {
  if ((await execa('docker', ['image', 'inspect', `pyshrink-fixture/${name}`], { reject: false })).failed) {
    console.error(`${name}: SKIPPED: fixtures/build.sh did not build it`);
    continue;
  }
  const { reachable, withoutGpu } = expectedOf(name);
  await shrinkAndCompare(name, name, [], reachable);
  if (withoutGpu !== undefined) await shrinkAndCompare(name, `${name}, for no GPU`, ['--target-gpu', 'none'], withoutGpu);
}

/** @param title the first cell of the row; @param limit how large the small image may be, in MB */
async function shrinkAndCompare(name: string, title: string, options: readonly string[], limit: number): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const [image, tag] = [`pyshrink-fixture/${name}`, `pyshrink-bench/${name}:shrunk`];
  const { args = [] } = expectedOf(name);
  const exercise = ['--exercise', join(FIXTURES, name, 'exercise.yaml')];
  const words = ['shrink', image, '--json', '--tag', tag, ...options, ...exercise, ...(args.length > 0 ? ['--', ...args] : [])];
  const { stdout } = await execa(process.execPath, [CLI, ...words], { cwd });
  const { before, after } = JSON.parse(stdout) as { before: number; after: number };
  const results = (await behave(join(FIXTURES, name), image, [{ image: tag, levels: ['reachable'] }])).filter(
    ({ level }) => level === 'reachable',
  );
  const different = results.filter(({ differences }) => differences.flat().length > 0);
  console.log(`| ${title} | ${results.length} | ${different.length} | ${mb(before)} | ${mb(after)} |`);
  for (const { about, differences } of different) console.error(`${title}: ${about}: ${differences.flat().join('\n')}`);
  if (after / 1e6 > limit) console.error(`${title}: ${mb(after)} is more than the limit of ${limit} MB`);
}
