import { constants } from 'node:os';
import { type Answers, HEALTHCHECK, LAST_OUTPUT, type StepAnswer } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import type { Expect } from '../exercise/expect.js';
import { isExpectable, type Step } from '../exercise/steps.js';
import { ended, textOf, unmetParts } from '../exercise/unmet.js';
import { exceptionsIn } from './logs.js';
import { logUntilStop } from './logtext.js';

/** Something that did not work, or not as the user expects it. */
export interface Failure {
  /** The step without secrets, e.g. `GET /boom`; or `app`. */
  where: string;
  /** What happened, e.g. `answered 500`. */
  what: string;
  /** What to do, as sentences. */
  remedy: string;
  /** What was printed or answered last: at most 2000 characters, empty where there was nothing. It may hold secrets. */
  output: string;
}

/** Exceptions that one warning names. */
const NAMED_EXCEPTIONS = 3;
const PASS = 'Pass what the app needs with -e, -v or --network.';
const ALLOW = '--allow-failing accepts every failure.';
const CORRECT = 'Correct the app, or what is expected of it.';

/**
 * Says whether a run of the original worked. If it did not, a comparison with it proves nothing.
 *
 * These are failures, unless the exercise expects them: a step without an answer or with a 5xx one, a 4xx answer to a
 * request that the user wrote, and a command or an app that ends by itself with another status than 0. A server that we
 * stop is not held to its status. What the exercise expects and does not get is a failure too.
 * @returns failures, none with `allowFailing`; and warnings, which hold no output of the app but the exceptions' own lines
 */
export function judge(exercise: Exercise, answers: Answers): { failures: Failure[]; warnings: string[] } {
  const failures: Failure[] = [];
  const warnings: string[] = [];
  for (const one of stepsOf(exercise, answers)) {
    const { failure, warning } = judgeStep(one, answers);
    failures.push(...failure);
    warnings.push(...warning);
  }
  failures.push(...judgeApp(exercise, answers));
  const exceptions = expectsFailure(exercise) ? [] : exceptionsIn(logUntilStop(answers));
  if (exceptions.length > 0) warnings.push(exceptionWarning(exceptions));
  return exercise.allowFailing ? { failures: [], warnings: [...failures.map(failureLine), ...warnings] } : { failures, warnings };
}

/**
 * What the exercise expects and a run does not give. It says nothing about failures that the exercise does not speak of.
 * @returns none with `allowFailing`
 */
export function unmet(exercise: Exercise, answers: Answers): Failure[] {
  if (exercise.allowFailing) return [];
  const steps = stepsOf(exercise, answers).flatMap((one) => (one.expect ? unmetBy(one, one.expect, answers) : []));
  return [...steps, ...(exercise.expectExit === undefined ? [] : judgeApp(exercise, answers))];
}

/** A failure as one message: the step, what it did, and the last output. */
export function failureText({ where, what, output }: Failure): string {
  const subject = where === 'app' ? 'The app' : where;
  return `${subject} ${what}.${output === '' ? ' There is no output.' : ` Last output:\n${output}`}`;
}

/** A failure as a warning of one line, without the output. */
export function failureLine({ where, what, remedy }: Failure): string {
  return `${where === 'app' ? 'the app' : where} ${what}. ${remedy}`;
}

/** An answer, and what the user wrote about it. */
interface Answered {
  where: string;
  answer: StepAnswer;
  /** Undefined where nobody wrote the step. */
  step: Step | undefined;
  expect: Expect | undefined;
  health: boolean;
}

function stepsOf({ steps }: Exercise, answers: Answers): Answered[] {
  return answers.steps.map(({ label, answer }, index) => {
    const health = label === HEALTHCHECK;
    const step = health ? undefined : steps?.[index];
    const ambiguous = answers.steps.some((other, at) => at !== index && other.label === label);
    const where = ambiguous ? `${label} (step ${index + 1})` : label;
    return { where, answer, step, expect: step && isExpectable(step) ? step.expect : undefined, health };
  });
}

/** Lists of none or one. */
interface Judged {
  failure: Failure[];
  warning: string[];
}

function judgeStep(one: Answered, answers: Answers): Judged {
  const { where, answer, step, expect, health } = one;
  const failed = (what: string, remedy: string, output: string): Judged => ({
    failure: [{ where, what, remedy, output }],
    warning: [],
  });
  if (health) {
    const bad = answer.kind === 'failed' ? `failed: ${answer.reason}` : answer.kind === 'exec' && answer.exit !== 0 && ended(answer.exit);
    return { failure: [], warning: bad ? [`the image's HEALTHCHECK ${bad}`] : [] };
  }
  if (answer.kind === 'failed')
    return failed(`got no answer: ${answer.reason}`, `${PASS} Check that the step fits the app. ${ALLOW}`, last(logUntilStop(answers)));
  if ((answer.kind === 'exec' || answer.kind === 'script') && answer.exit !== 0 && !expect?.exit)
    return failed(ended(answer.exit), wanted(answer.exit, 'exit', 'the step'), outputOf(answer, answers));
  if (answer.kind !== 'http' || answer.status < 400 || expect?.status)
    return { failure: expect ? unmetBy(one, expect, answers) : [], warning: [] };
  if (answer.status >= 500 || step) {
    const remedy = wanted(answer.status, 'status', step ? 'the step' : '--http /your/path');
    return failed(`answered ${answer.status}`, remedy, outputOf(answer, answers));
  }
  const warning = `${where} answered ${answer.status}, so little of the app was exercised: give requests that it answers, with --http /your/path`;
  return { failure: [], warning: [warning] };
}

/** What to do about a status that may be right. */
function wanted(status: number, name: 'status' | 'exit', after: string): string {
  const missing = name === 'status' && status < 500 ? 'Correct the request.' : PASS;
  return `${missing} If ${status} is right, write --expect ${status} after ${after}, or \`expect: {${name}: ${status}}\` beside it in an exercise file. ${ALLOW}`;
}

/** What of an expectation an answer does not meet. */
function unmetBy({ where, answer }: Answered, expect: Expect, answers: Answers): Failure[] {
  const unmet = unmetParts(expect, answer);
  if (unmet.length === 0) return [];
  return [{ where, what: unmet.join('; '), remedy: CORRECT, output: last(textOf(answer) ?? logUntilStop(answers)) }];
}

function judgeApp({ steps = [], expectExit }: Exercise, answers: Answers): Failure[] {
  const { exit } = answers.app;
  const failed = (what: string, remedy: string): Failure[] => [{ where: 'app', what, remedy, output: last(logUntilStop(answers)) }];
  if (expectExit !== undefined) {
    if (exit === null) return failed(`still ran, and was expected to end with status ${expectExit}`, 'Add --until-exit as the last step.');
    return exit === expectExit ? [] : failed(`${ended(exit)} instead of ${expectExit}`, CORRECT);
  }
  // The user has sent the signal, so this end is like one that we ask for.
  const signals = steps.flatMap((step) => (step.kind === 'signal' ? (constants.signals[step.name as NodeJS.Signals] ?? []) : []));
  if (exit === null || exit === 0 || signals.some((signal) => exit === 128 + signal)) return [];
  return failed(
    ended(exit),
    `${PASS} If ${exit} is right, write --expect-exit ${exit}, or \`expect: {exit: ${exit}}\` at the top of an exercise file. ${ALLOW}`,
  );
}

/** Whether the user expects a failure, which a traceback then belongs to. */
function expectsFailure({ steps = [], expectExit = 0 }: Exercise): boolean {
  return expectExit !== 0 || steps.some((step) => step.kind === 'http' && step.expect?.status?.some((status) => status >= 500));
}

function exceptionWarning(exceptions: readonly string[]): string {
  const more = exceptions.length - NAMED_EXCEPTIONS;
  const named = exceptions.slice(0, NAMED_EXCEPTIONS).join('; ');
  return `the log of the original has ${exceptions.length === 1 ? 'a traceback' : `${exceptions.length} different tracebacks`}: ${named}${more > 0 ? `; and ${more} more` : ''}`;
}

/** What helps to understand a bad status: a command's output, or the log of a server with an error, or what it answered. */
function outputOf(answer: StepAnswer, answers: Answers): string {
  const text = last(textOf(answer) ?? '');
  const log = answer.kind === 'http' && answer.status >= 500 ? last(logUntilStop(answers)) : '';
  return log === '' ? text : log;
}

function last(text: string): string {
  const all = text.trim();
  const end = all.slice(-LAST_OUTPUT);
  // Whole lines, where there are several.
  return end.length === all.length || !end.includes('\n') ? end : end.slice(end.indexOf('\n') + 1);
}
