import type { ImageInfo, Session } from '../engines/engine.js';
import { UserError } from '../errors.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import type { Helper } from '../guest/helper.js';
import { observedAdditions } from '../keep/observed.js';
import type { RootFs } from '../rootfs.js';
import { mergeFacts } from '../trace/fromfacts.js';
import type { Watching } from '../trace/watching.js';
import { type Outcome, runWatched } from '../watching/run.js';
import { compareAnswers, type Difference } from './compare.js';

export interface SmokeInput {
  session: Session;
  helper: Helper;
  original: ImageInfo;
  /** Identifier of the shrunk image. */
  shrunk: string;
  exercise: Exercise;
  /** How the original had to be watched. */
  watching: Watching;
  /** What the original answered in the traced run. */
  answers: Answers;
  /** The original's file system. */
  fs: RootFs;
  /** Whether the shrunk image has a path. */
  has: (path: string) => boolean;
  say: (text: string) => void;
  /** Index of the run in the trace. */
  index: number;
}

export interface SmokeResult {
  differences: Difference[];
  /** Paths that the shrunk image looked up and did not find, and that the original has. */
  missing: string[];
  /** Number of answers that were compared: the steps, and the app itself. */
  compared: number;
  /** Everything that the shrunk image printed and answered, where it differs from the original; else empty. */
  said: string;
  /** Directories that the shrunk image listed. */
  listed: string[];
}

/**
 * Does the exercise on the shrunk image and compares its answers with the original's. Where something differs, the
 * original runs again, to learn what varies between its own runs.
 */
export async function smokeImage(input: SmokeInput): Promise<SmokeResult> {
  const { answers, fs, session, helper } = input;
  const shrunk = await run(input, input.shrunk, `shrunk${input.index}`);
  const differences = await differencesOf(input, shrunk.answers);
  const { additions } = observedAdditions(fs, mergeFacts(shrunk.observed.facts, session.mountOf(input.shrunk, helper.volume)));
  const listed = shrunk.observed.facts.flatMap(({ observations }) =>
    observations.filter(({ kind }) => kind === 'list').map(({ path }) => path),
  );
  const missing = new Set<string>();
  for (const { path } of additions) {
    const found = fs.resolve(path);
    for (const needed of found ? [...found.links, found.path] : []) if (!input.has(needed)) missing.add(needed);
  }
  return {
    differences,
    missing: [...missing].sort(),
    compared: shrunk.answers instanceof UserError ? 1 : answers.steps.length + 1,
    said: differences.length > 0 ? said(shrunk.answers) : '',
    listed: [...new Set(listed)],
  };
}

async function differencesOf(input: SmokeInput, outcome: Answers | UserError): Promise<Difference[]> {
  const { answers, original } = input;
  if (outcome instanceof UserError) return [{ where: 'app', what: 'the exercise', original: 'was done', shrunk: outcome.message }];
  const differences = compareAnswers(answers, outcome);
  if (differences.length === 0) return [];
  input.say('something differs: the original runs again, to learn what varies');
  const again = await run(input, original.id, `again${input.index}`);
  if (again.answers instanceof UserError) throw again.answers;
  return compareAnswers(answers, outcome, again.answers);
}

function said(outcome: Answers | UserError): string {
  if (outcome instanceof UserError) return outcome.message;
  const texts = outcome.steps.flatMap(({ answer }) =>
    answer.kind === 'http' ? [answer.body] : answer.kind === 'exec' ? [answer.stdout, answer.stderr] : [],
  );
  return [...texts, outcome.app.stdout, outcome.app.stderr].map((text) => Buffer.from(text, 'base64').toString('utf8')).join('\n');
}

async function run({ session, helper, original, exercise, watching, say }: SmokeInput, image: string, name: string): Promise<Outcome> {
  const kit = await helper.kitFor(image);
  return runWatched(session, exercise, watching, { image, config: original.config, volume: helper.volume, kit, name }, say);
}
