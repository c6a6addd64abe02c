import type { Distribution } from '../../python/distributions.js';
import type { RootFs } from '../../rootfs.js';
import type { Trace } from '../../trace/schema.js';
import { PYTEST_CACHE } from '../data/directories.js';
import { INSTALLERS } from '../data/installers.js';
import { testsOf } from './own.js';
import type { PythonWorld } from './world.js';

/** Whether a distribution is pytest, hypothesis or a plugin of pytest: it is installed to test the app, not to run it. */
export function isTestRunner({ name, entryPoints }: Distribution): boolean {
  return name === 'pytest' || name === 'hypothesis' || (name.startsWith('pytest') && entryPoints.some(({ group }) => group === 'pytest11'));
}

/** Whether a distribution tests or installs others: it is for whoever develops the app. */
export function isForDevelopers(distribution: Distribution): boolean {
  return isTestRunner(distribution) || INSTALLERS.has(distribution.name);
}

const NOTHING_TO_COMPARE =
  'the shrunk image has no test runner, so no answers can be compared; add a run of the app itself with `pyshrink trace --append`';

/** The test runners of an image, and the distributions that only they require. */
export function testRunners({ distributions }: PythonWorld): Set<Distribution> {
  const runners = new Set(distributions.all.filter(isTestRunner));
  for (let size = -1; size !== runners.size; ) {
    size = runners.size;
    for (const distribution of distributions.all) {
      const requiredBy = distributions.all.filter(({ requires }) => requires.includes(distribution.name));
      if (requiredBy.length > 0 && requiredBy.every((other) => runners.has(other))) runners.add(distribution);
    }
  }
  return runners;
}

/**
 * A trace without what only its test suites needed: the test runner and the tests. What another run saw stays, and so
 * does what the app's own code did under test.
 */
export async function withoutTests(
  fs: RootFs,
  trace: Trace,
  world: PythonWorld,
  workingDir: string | undefined,
): Promise<{ trace: Trace; notes: string[] }> {
  if (trace.runs.every(({ tests }) => tests === null)) return { trace, notes: [] };
  const runners = testRunners(world);
  const isOwnTest = await testsOf(fs, world, workingDir, trace);
  const real = (path: string) => fs.resolve(path)?.path ?? path;
  const isTest = ({ process }: Trace['observations'][number]) =>
    process === null || trace.runs[trace.processes[process]?.run ?? 0]?.tests !== null;
  const elsewhere = new Set(trace.observations.filter((seen) => !isTest(seen)).map(({ path }) => real(path)));
  const isForTests = (path: string) => {
    const isFolder = fs.lstat(path)?.type === 'd';
    const owner = isFolder ? world.distributions.ownerOfFolder(path) : world.distributions.ownerOf(path);
    return owner ? runners.has(owner) : PYTEST_CACHE.test(path) || isOwnTest(path);
  };
  const dropped = new Set<string>();
  const observations = trace.observations.filter((seen) => {
    const path = real(seen.path);
    if (!isTest(seen) || elsewhere.has(path) || !isForTests(path)) return true;
    dropped.add(path);
    return false;
  });
  const modules = Object.fromEntries(
    Object.entries(trace.modules).filter(([name, file]) => {
      const path = world.finder.find(name)?.file ?? file;
      return path === null || path === undefined || elsewhere.has(path) || !isForTests(path);
    }),
  );
  const names = [...runners].map(({ name }) => name).sort();
  return {
    trace: { ...trace, observations, modules },
    notes: [
      `a test suite was the exercise: ${dropped.size} files that only ${names.join(', ') || 'its tests'} needed are not kept`,
      ...(trace.runs.every(({ tests }) => tests !== null) ? [NOTHING_TO_COMPARE] : []),
    ],
  };
}
