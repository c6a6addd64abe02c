/**
 * Imports each public module of forty popular distributions in an image and in what is shrunk from it, where the app imports each
 * distribution once. Prints how many import in the original, and those of them that do not in the shrunk image.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { readTrace } from '../src/workspace/folder.js';
import { CLI, FIXTURES } from '../test/support/engine.js';
import { lostModules } from '../test/support/sweep.js';
import { mb } from './fixtures.js';

const [image, tag] = ['pyshrink-fixture/forty', 'pyshrink-bench/forty:shrunk'];
const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
const words = ['shrink', image, '--json', '--tag', tag, '--exercise', join(FIXTURES, 'forty', 'exercise.yaml')];
const { stdout } = await execa(process.execPath, [CLI, ...words], { cwd });
const { before, after, keep } = JSON.parse(stdout);
console.log(before, after, keep);
