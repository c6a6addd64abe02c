import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** All runs from the run record of a trace. */
export function runsOf(tracePath: string) {
  return json(join(dirname(tracePath), json(tracePath).record)).runs;
}

/** The first run from the run record of a trace. */
export function firstRun(tracePath: string) {
  return runsOf(tracePath)[0];
}
