import { basename } from 'node:path';
import { expect } from 'vitest';

/** Name of the test file up to its first dot. */
const name = basename(expect.getState().testPath ?? 'none').replace(/\..*$/, '');

// src/engines/docker/labels.ts reads this, in this process and in every pyshrink that a test starts.
process.env.PYSHRINK_NAMESPACE = name;
