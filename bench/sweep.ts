/**
 * Imports each public module of forty and more popular distributions in an image and in what is shrunk from it, where the app imports
 * each distribution once. Prints how many modules import in the original, and how many of them do not in the shrunk image.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { CLI, FIXTURES } from '../test/support/engine.js';
import { lostModules } from '../test/support/sweep.js';
import { mb } from './fixtures.js';

const [image, tag] = ['pyshrink-fixture/forty', 'pyshrink-bench/forty:shrunk'];
const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
const words = ['shrink', image, '--json', '--tag', tag, '--exercise', join(FIXTURES, 'forty', 'exercise.yaml')];
const { stdout } = await execa(process.execPath, [CLI, ...words], { cwd });
const { before, after, trace } = JSON.parse(stdout) as { before: number; after: number; trace: string };
const { distributions } = JSON.parse(readFileSync(join(cwd, trace, '../keep.json'), 'utf8')) as {
  distributions: { name: string; grade: string | null }[];
};
const imported = distributions.filter(({ grade }) => grade === 'app').map(({ name }) => name);
const { tried, lost } = await lostModules(image, tag, imported);
console.log('| distributions | modules that import | lost | original | `reachable` |\n|--:|--:|--:|--:|--:|');
console.log(`| ${imported.length} | ${tried} | ${lost.length} | ${mb(before)} | ${mb(after)} |`);
for (const one of lost) console.error(`lost ${one}`);
