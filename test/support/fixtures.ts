import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES } from './engine.js';

/** A fixture's expected.json. */
export interface Expected {
  /** Largest allowed size of the shrunk image at each level, in MB as `docker image inspect` counts them. */
  observed: number;
  reachable: number;
  /** Arguments after the image's name. */
  args?: string[];
  /** Set for a fixture that only bench/run.sh builds and shrinks. */
  only?: 'bench';
  /** Largest allowed size at `reachable`, in MB, for an image that meets no GPU. Set for a fixture with libraries for GPUs. */
  withoutGpu?: number;
  /** GB of free disk without which fixtures/build.sh leaves it out. */
  room?: number;
}

export function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(FIXTURES, name, 'expected.json'), 'utf8')) as Expected;
}

/** The fixtures that can be shrunk. @param only `bench`: those that the tests leave to bench/run.sh */
export function fixtureNames(only?: 'bench'): string[] {
  return readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, 'expected.json')) && expectedOf(name).only === only);
}
