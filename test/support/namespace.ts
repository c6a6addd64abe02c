import { basename } from 'node:path';
import { expect } from 'vitest';

/** The name of the test file, without what follows the first dot. */
const name = basename(expect.getState().testPath ?? 'none').replace(/\..*$/, '');

// Read by src/engines/docker/labels.ts, here and in every pyshrink that a test starts.
process.env.PYSHRINK_NAMESPACE = name;
