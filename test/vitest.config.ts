import { defineConfig } from 'vitest/config';

// Two groups run one after the other: first `unit`, then `e2e`, each with its files side by side.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          root: import.meta.dirname,
          include: ['**/*.test.ts'],
          exclude: ['e2e/**'],
          // Most of the time of these tests went into loading the same modules for each file. So a worker loads them
          // once: a test must put back what it changes in them or in process.env.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          root: import.meta.dirname,
          include: ['e2e/**/*.test.ts'],
          // Each file sees only its own sessions, so that all of them can share one daemon.
          setupFiles: ['support/namespace.ts'],
          // Long enough for a busy machine: only a test that hangs runs into it.
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Half of the time is spent waiting, for the engine or for an app that starts: three workers fill two cores.
          maxWorkers: 3,
          // Within a file, of tests that are marked `concurrent`.
          maxConcurrency: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
