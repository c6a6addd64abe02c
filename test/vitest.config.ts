import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: `${import.meta.dirname}/support/temporary.ts`,
    projects: [
      { test: { name: 'unit', root: import.meta.dirname, include: ['**/*.test.ts'], exclude: ['e2e/**'] } },
      {
        test: {
          name: 'e2e',
          root: import.meta.dirname,
          include: ['e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          // Most of their time is the engine's.
          maxConcurrency: 3,
        },
      },
    ],
  },
});
