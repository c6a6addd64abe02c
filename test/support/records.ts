import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** The runs in the run record that belongs to a trace. */
export function runsOf(tracePath: string) {
  return json(join(dirname(tracePath), json(tracePath).record)).runs;
}

/** The first of them. */
export function firstRun(tracePath: string) {
  return runsOf(tracePath)[0];
}
