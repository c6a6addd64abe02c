import type { ImageInfo, Session } from '../engines/engine.js';
import { ExitCode, UserError } from '../errors.js';
import { observedAdditions } from '../keep/observed.js';
import type { RootFs } from '../rootfs.js';
import type { Answers } from '../tracing/answers.js';
import type { Helper } from '../tracing/helper.js';
import { perform } from '../tracing/perform.js';
import { type Exercise, mergeFacts, requireWhole } from '../tracing/trace.js';
import { type Observed, WatchedApp } from '../tracing/watched.js';
import { compareAnswers, type Difference } from './compare.js';

export interface SmokeInput {
  session: Session;
  helper: Helper;
  original: ImageInfo;
  /** Identifier of the shrunk image. */
  shrunk: string;
  exercise: Exercise;
  /** What the original answered in the traced run. */
  answers: Answers;
  /** The original's file system. */
  fs: RootFs;
  /** Whether the shrunk image has a path. */
  has: (path: string) => boolean;
  say: (text: string) => void;
}

export interface SmokeResult {
  differences: Difference[];
  /** Paths that were looked up in the shrunk image in vain, and that the original has. */
  missing: string[];
  /** Steps whose answers were compared, the app itself included. */
  compared: number;
}

/**
 * Does the exercise on the shrunk image and compares with the original's answers. Only where something differs, the
 * original runs again, to learn what varies by itself.
 */
export async function smokeImage(input: SmokeInput): Promise<SmokeResult> {
  const { original, answers, fs } = input;
  const shrunk = await run(input, input.shrunk, 'shrunk').catch((error: unknown) => {
    if (error instanceof UserError && error.exitCode === ExitCode.failed) return error;
    throw error;
  });
  if (shrunk instanceof UserError) {
    const difference = { where: 'app', what: 'the exercise', original: 'was done', shrunk: shrunk.message };
    return { differences: [difference], missing: [], compared: 1 };
  }
  let differences = compareAnswers(answers, shrunk.answers);
  if (differences.length > 0) {
    input.say('something differs: the original runs again, to learn what varies by itself');
    differences = compareAnswers(answers, shrunk.answers, (await run(input, original.id, 'again')).answers);
  }
  const { additions } = observedAdditions(fs, mergeFacts(shrunk.observed.facts));
  const missing = new Set<string>();
  for (const { path } of additions) {
    const found = fs.resolve(path);
    for (const needed of found ? [...found.links, found.path] : []) if (!input.has(needed)) missing.add(needed);
  }
  return { differences, missing: [...missing].sort(), compared: answers.steps.length + 1 };
}

async function run(
  { session, helper, original, exercise, say }: SmokeInput,
  image: string,
  name: string,
): Promise<{ answers: Answers; observed: Observed }> {
  const app = await WatchedApp.start(session, {
    image,
    config: original.config,
    args: exercise.args,
    run: exercise.run,
    volume: helper.volume,
    kit: await helper.kitCommand(),
    name,
  });
  const answers = await perform(app, original.config, exercise.steps, exercise.limits, say);
  const observed = await app.observed();
  await requireWhole(observed, app);
  return { answers, observed };
}
