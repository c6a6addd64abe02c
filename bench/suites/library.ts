import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Compared, compare, type Result, withFolder } from './compare.js';
import { build, copyOut, runIn, shrink } from './images.js';
import { SUITES, type Suite } from './table.js';

const HERE = new URL('guest/', import.meta.url).pathname;
/** Where outside.pth gives every Python program in a container what it gives the tests, also where tests start one. */
const SITE = '/usr/local/lib/python3.13/site-packages';
const BASE = 'pyshrink-base/official-python:3.13-slim';
/** Milliseconds after which a suite is given up. */
const LONGEST = 4 * 3_600_000;

/** Builds the images of a library, shrinks the one that only has the library, and runs the library's tests in both. */
export async function compareLibrary(name: string, whole = false): Promise<Compared> {
  const suite = SUITES.get(name);
  if (!suite) throw new Error(`there is no suite ${name}; the suites are ${[...SUITES.keys()].join(', ')}`);
  return withFolder(async (folder) => {
    const image = `pyshrink-suite/${name}`;
    const { library, module, needs, source } = suite;
    const variables = { BASE, LIBRARY: library, IMPORT: module, NEEDS: needs.join(' '), SOURCE: source };
    await build(HERE, 'app', image, variables);
    await build(HERE, 'outside', `${image}:outside`, variables);
    await copyOut(`${image}:outside`, folder);
    const small = `${image}:shrunk`;
    const sizes = await shrink(image, small, 'reachable', folder);
    const tests = (!whole && suite.part) || suite.tests;
    const [original, shrunk] = await Promise.all([image, small].map((one) => runTests(suite, tests, one, folder)));
    return compare(original as Result, shrunk as Result, sizes, module);
  });
}

/** Runs the tests in a container of an image. Tests write beside themselves, so each run has its own copy of the source. */
async function runTests({ source }: Suite, tests: readonly string[], image: string, folder: string): Promise<Result> {
  const suite = join(folder, 'suite');
  const run = await mkdtemp(join(folder, 'run-'));
  await cp(join(suite, 'source'), join(run, 'source'), { recursive: true });
  const volumes = [`${suite}:/suite:ro`, `${run}:/suite/run`, `${join(suite, 'outside.pth')}:${SITE}/outside.pth:ro`];
  const mounts = [...volumes.flatMap((one) => ['-v', one]), '-w', '/suite/run/source'];
  const env = ['PYTHONDONTWRITEBYTECODE=1', 'PYTHONHASHSEED=0', 'HOME=/tmp'].flatMap((one) => ['-e', one]);
  // Rewriting assertions finds test modules by itself, before lent.py does.
  const root = source === 'wheel' ? ['--rootdir', '/suite/site', '-c', '/dev/null', '--assert=plain'] : [];
  // Some files of tests need a compiler as soon as they are imported, in both images.
  const pytest = ['-q', '--continue-on-collection-errors', '-p', 'no:cacheprovider', '-o', 'addopts=', ...root, ...tests];
  const output = await runIn(image, [...mounts, ...env], ['python3', '/suite/run.py', '/suite/run/result.json', ...pytest], LONGEST);
  const text = await readFile(join(run, 'result.json'), 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error(`pytest did not end in ${image}: ${output.slice(-3000)}`);
  return JSON.parse(text) as Result;
}
