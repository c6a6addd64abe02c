import { conceal, concealed } from '../conceal.js';
import { TimeoutError, UserError } from '../errors.js';
import type { Answers } from '../exercise/answers.js';
import { answerSecrets } from '../exercise/secrets.js';
import type { Step } from '../exercise/steps.js';
import { textOf } from '../exercise/unmet.js';
import type { Outcome } from '../watching/run.js';
import { type Again, runAgain, runOriginal, SLOWER } from './again.js';
import { type Comparison, compareAnswers, type Difference } from './compare.js';
import { type Lookups, lookupsOf, type Originals } from './lookups.js';
import { unmet } from './worked.js';

export interface SmokeInput extends Originals, Again {
  /** Identifier of the shrunk image. */
  shrunk: string;
  /** What the original answered in each of its runs. */
  answers: readonly Answers[];
  /** Whether the original may be started again. */
  mayRepeat: boolean;
  /** Whether it ran once more already, because something differed in an earlier shrunk image. */
  repeated: boolean;
  /** Index of the run in the trace. */
  index: number;
}

export interface SmokeResult extends Comparison, Lookups {
  /** Everything that the shrunk image printed and answered, where it differs from the original; else empty. */
  said: string;
  /** Everything that the original printed and answered. */
  originalSaid: string;
  /** The answers of the extra run of the original, if there was one. Later comparisons use them too. */
  again?: Answers;
  /** What the shrunk image answered; undefined where the exercise could not be done. */
  answered?: Answers;
  /** Directories that the shrunk image listed, where a shorter listing may explain a difference; else empty. */
  listed: string[];
}

/**
 * Does the exercise on the shrunk image and compares its answers with the original's. Before a difference is reported, the
 * original runs once more, to learn what varies between its own runs.
 */
export async function smokeImage(input: SmokeInput): Promise<SmokeResult> {
  const { answers, session, helper } = input;
  const shrunk = await runAgain(input, input.shrunk, `shrunk${input.index}`);
  const comparison = await comparisonOf(input, shrunk);
  const differs = comparison.differences.length > 0;
  // A start that takes too long is no sign of a missing file.
  const late = shrunk.answers instanceof TimeoutError;
  return {
    ...comparison,
    ...lookupsOf(input, shrunk.observed.facts, session.mountOf(input.shrunk, helper.volume)),
    said: differs && !late ? saidIn(shrunk.answers) : '',
    originalSaid: answers.map(saidIn).join('\n'),
    ...(!(shrunk.answers instanceof UserError) && { answered: shrunk.answers }),
    listed: late
      ? []
      : [
          ...new Set(
            shrunk.observed.facts.flatMap(({ observations }) => observations.filter(({ kind }) => kind === 'list').map(({ path }) => path)),
          ),
        ],
  };
}

async function comparisonOf(input: SmokeInput, { answers: outcome, done }: Outcome): Promise<Comparison & Pick<SmokeResult, 'again'>> {
  const { answers, exercise } = input;
  if (outcome instanceof UserError) {
    const result = { differences: [undone(outcome)], varied: [], compared: 1, uncompared: [] };
    if (!(outcome instanceof TimeoutError) || !input.mayRepeat || input.repeated) return result;
    return { ...result, again: await repeat(input, 'it takes long: the original starts again, to see if it is faster') };
  }
  const compare = (originals: readonly Answers[]): Comparison => {
    // Before a text is cut: a part of a secret would not be found.
    conceal(answerSecrets([...originals, outcome]));
    const comparison = compareAnswers(originals, outcome);
    const more = comparison.differences.length > 0 ? died(originals, outcome) : unmet(exercise, outcome).map(unexpected);
    return { ...comparison, differences: [...comparison.differences, ...more] };
  };
  const originals = endedUnasked(input, done, outcome) ? await asJob(input, done, outcome) : answers;
  const first = compare(originals);
  const asked = originals === answers;
  if (first.differences.length === 0 || !input.mayRepeat || (asked && input.repeated)) return first;
  const again = await repeat(asked ? input : { ...input, done }, 'something differs: the original runs again, to learn what varies');
  return { ...compare([...originals, again]), ...(asked && { again }) };
}

/** Whether the shrunk image ended well before the default exercise could ask it, and the original was asked. */
function endedUnasked({ exercise, mayRepeat, ...original }: SmokeInput, done: readonly Step[], { app }: Answers): boolean {
  const untilExit = (steps: readonly Step[]) => steps.some(({ kind }) => kind === 'until-exit');
  return mayRepeat && exercise.steps === undefined && untilExit(done) && !untilExit(original.done) && app.exit === 0;
}

/** Seconds that a job may take longer than the shrunk image took. */
const LONGER = 10;

/**
 * A job that listens for a moment may be asked in one run, and have ended before in another. So the original is given the
 * time to end by itself, too.
 * @returns what it answered then; for a server, which does not end, what it answered before
 */
async function asJob(input: SmokeInput, done: readonly Step[], { time }: Answers): Promise<readonly Answers[]> {
  input.say('it ended before it was asked: the original runs again, to see if it ends, too');
  const { limits } = input.exercise;
  const exit = Math.min(limits.exit, ((time.end - time.start) / 1000) * SLOWER + LONGER);
  const exercise = { ...input.exercise, limits: { ...limits, exit } };
  const again = await runAgain({ ...input, done, exercise }, input.original.id, `job${input.index}`);
  return again.answers instanceof UserError ? input.answers : [again.answers];
}

/** Runs the original once more, and says why. */
function repeat(input: SmokeInput, why: string): Promise<Answers> {
  input.say(why);
  return runOriginal(input, `again${input.index}`);
}

function undone(error: UserError): Difference {
  return error instanceof TimeoutError
    ? { where: 'app', what: `a timeout (${error.flag})`, original: 'the original was in time', shrunk: `${error.message} ${error.remedy}` }
    : { where: 'app', what: 'the exercise', original: 'the original did it', shrunk: error.message };
}

/** Characters of the last output of a server that died: a report shows no more. The reason is at its end. */
const LAST_WORDS = 300;

/** The last output of a server that ends by itself in the shrunk image alone: it says why. */
function died(originals: readonly Answers[], { app }: Answers): Difference[] {
  if (app.exit === null || originals.some((one) => one.app.exit !== null)) return [];
  const output = concealed(Buffer.concat([bytes(app.stdout), bytes(app.stderr)]).toString())
    .trim()
    .slice(-LAST_WORDS);
  return [{ where: 'app', what: 'last output', original: '(it kept running)', shrunk: output === '' ? '(nothing)' : output }];
}

function unexpected({ where, what }: { where: string; what: string }): Difference {
  return { where, what: 'expect', original: 'as expected', shrunk: what };
}

function saidIn(outcome: Answers | UserError): string {
  if (outcome instanceof UserError) return outcome.message;
  const texts = outcome.steps.map(({ answer }) => textOf(answer) ?? '');
  return [...texts, ...[outcome.app.stdout, outcome.app.stderr].map((output) => bytes(output).toString())].join('\n');
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
