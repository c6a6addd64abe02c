import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take minutes, the longest first. They start first, so that no worker is left alone with one at the end;
 * Vitest itself goes by the sizes of the files until it has measured a run.
 */
const LONGEST = ['zoo', 'services', 'fixtures', 'local', 'podman', 'tiers', 'interrupt', 'options', 'often'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.indexOf(basename(moduleId, '.test.ts'));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// Two groups run one after the other: first `unit`, then `e2e`. In each, files run side by side.
export default defineConfig({
  test: {
    globalSetup: `${import.meta.dirname}/support/temporary.ts`,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          root: import.meta.dirname,
          include: ['**/*.test.ts'],
          exclude: ['e2e/**'],
          // A worker loads modules once for all its files: loading them for each file took most of the time. The setup
          // file restores the working directory and the environment. No test may change a module's state or mock one.
          isolate: false,
          setupFiles: ['support/restore.ts'],
          // No test is expected to be this slow: only one that hangs reaches it, even on a busy computer.
          testTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          root: import.meta.dirname,
          include: ['e2e/**/*.test.ts'],
          // Each file sees only its own sessions on the daemon, so none has to wait for another. Networks, containers
          // and images that a test makes itself have names that no other file uses.
          setupFiles: ['support/namespace.ts'],
          // Under load, Docker 20.10 now and then shows a container without the files of its image: programs or users are
          // "not found" in a container that has them. A defect of ours fails twice.
          retry: 1,
          // As above, for tests that build images.
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Much of the time is spent waiting for the engine or for an app to start: three workers fill two cores.
          maxWorkers: 3,
          // Tests of one file at once, where they are marked `concurrent`.
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
