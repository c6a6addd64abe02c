import { Helper } from '../../src/guest/helper.js';
import { composeRuns, readCompose } from '../../src/pipeline/compose.js';
import { withSession } from '../../src/pipeline/context.js';
import { readProject } from '../../src/project/file.js';
import { compareAnswers, type Difference } from '../../src/smoke/compare.js';
import { unmet } from '../../src/smoke/worked.js';
import { runPlain } from './ways.js';

/** What came of one run of a project file on two images. */
export interface ServiceBehaviour {
  name: string;
  /** How many answers were compared. */
  compared: number;
  /** What the original does not do as the file expects. */
  unmet: string[];
  differences: Difference[];
}

/**
 * Does the runs of a project file with a compose file on an original and on the image that was shrunk from it, without tracing. Each
 * start of the app has fresh services beside it.
 */
export async function behaveServices(file: string, original: string, shrunk: string): Promise<ServiceBehaviour[]> {
  const { compose, runs } = await readProject(file);
  if (!compose) throw new Error(`${file} names no compose file`);
  return withSession({}, undefined, async (context) => {
    const [before, after] = [await context.engine.inspect(original), await context.engine.inspect(shrunk)];
    const exercises = await composeRuns(context, before, await readCompose(compose), runs);
    const helper = await Helper.start(context.session, before);
    const results: ServiceBehaviour[] = [];
    for (const { name, exercise } of exercises) {
      const answersOf = async (image: typeof before) =>
        (await runPlain(context.session, helper, image, exercise, { abrupt: true })).answers;
      const [first, small] = [await answersOf(before), await answersOf(after)];
      const once = compareAnswers([first], small);
      // What varies is known only when the original has run twice.
      const { compared, differences } = once.differences.length === 0 ? once : compareAnswers([first, await answersOf(before)], small);
      results.push({ name, compared, unmet: unmet(exercise, first).map(({ where, what }) => `${where} ${what}`), differences });
    }
    return results;
  });
}
