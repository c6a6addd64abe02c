import { join } from 'node:path';
import type { DockerEngine } from '../../src/engines/docker/docker.js';
import type { Session } from '../../src/engines/engine.js';
import { UserError } from '../../src/errors.js';
import type { Answers } from '../../src/exercise/answers.js';
import { PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { readExercise } from '../../src/exercise/file.js';
import { Helper } from '../../src/guest/helper.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { runWatched, whereOf } from '../../src/watching/run.js';
import { FIXTURES } from './engine.js';
import { fixtureNames } from './fixtures.js';

/** Fixtures whose app needs nothing beside it. */
export const ALONE = fixtureNames().filter((name) => name !== 'psycopg2');

/**
 * Runs the original of a fixture again and again, as smoke does, and compares each later run with the first two.
 * @param times runs to compare
 * @returns the false differences
 */
export async function falseDifferences(engine: DockerEngine, session: Session, name: string, times: number): Promise<string[]> {
  const image = await engine.inspect(`pyshrink-fixture/${name}`);
  const helper = await Helper.start(session, image);
  const where = await whereOf(helper, image);
  const exercise = { ...PLAIN_EXERCISE, ...(await readExercise(join(FIXTURES, name, 'exercise.yaml'))) };
  const run = async (index: number): Promise<Answers> => {
    const { answers } = await runWatched(session, exercise, {}, { ...where, name: `${name}-${index}` }, () => {});
    if (answers instanceof UserError) throw answers;
    return answers;
  };
  const originals = [await run(0), await run(1)];
  const found: string[] = [];
  for (let index = 0; index < times; index++) {
    const { differences } = compareAnswers(originals, await run(index + 2));
    found.push(
      ...differences.map((one) => `${name}: ${one.where}: ${one.what}: ${one.original.slice(0, 300)} | ${one.shrunk.slice(0, 300)}`),
    );
  }
  return found;
}
