import { healthcheckCommand, type ImageConfig } from '../images/config.js';
import { type Answers, HEALTHCHECK, outcomeOf, type StepAnswer } from './answers.js';
import type { Exercise } from './exercise.js';
import { output, Performer, unlessEnded } from './performer.js';
import { describeStep, labelStep, type Step } from './steps.js';
import type { RunningApp } from './target.js';
import { textOf } from './unmet.js';

/** How long to wait, after a request that the app failed, for what it prints about it: that comes by another way. */
const LOG_MILLISECONDS = 300;

/** What an app did under an exercise. */
export interface Performed {
  answers: Answers;
  /** The steps that were done. Where the exercise was the default one, later runs do these too instead of choosing anew. */
  done: Step[];
  /** Seconds from the beginning until the first listener opened that a step needed, if one did. */
  took: { start?: number };
  /** When each step of the answers began and ended: milliseconds since 1970. */
  times: [number, number][];
}

const UNTIL_EXIT: Step = { kind: 'until-exit' };

/**
 * Does the exercise on a running app, then the image's health check, and stops the app.
 *
 * In the default exercise, a listener without HTTP is only connected to, and an app that ends by itself before any step
 * got an answer is a job: its answer is the one of `until-exit`, whatever its status.
 * Without steps of the user, they are `GET /` where the app listens, and else until exit; for an app that lasts, until it is ready.
 * @param exercise `waits` says that the app's command is known to wait for work, and to listen nowhere; `signal` ends scripts on this computer
 * @param chosen the steps that an earlier run of the app did: this run does the same
 * @returns steps that came too late, since the app had ended, are `failed` ones
 * @throws TimeoutError where something takes too long
 */
export async function perform(
  app: RunningApp,
  config: ImageConfig,
  { steps, limits, lasts, waits = false, signal }: Pick<Exercise, 'steps' | 'limits' | 'lasts'> & { waits?: boolean; signal?: AbortSignal },
  say: (text: string) => void,
  chosen?: readonly Step[],
): Promise<Performed> {
  const began = Date.now();
  const performer = new Performer(app, config, limits, {
    byDefault: steps === undefined,
    lasts: lasts === true,
    waits,
    ...(signal && { signal }),
  });
  let answers: Answers['steps'] = [];
  let done: Step[] = [];
  let times: Performed['times'] = [];
  try {
    done = [...(chosen?.length ? chosen : (steps ?? (await performer.defaultSteps())))];
    for (let index = 0; index < done.length; ) {
      const step = done[index] as Step;
      const batch = done.slice(index, index + ('together' in step ? (step.together ?? 1) : 1));
      say(batch.length > 1 ? `${describeStep(step)}, ${batch.length} at once` : describeStep(step));
      const start = Date.now();
      const given = await atOnce(batch.map((one) => performer.step(one).catch(unlessEnded)));
      const [answer] = given as [StepAnswer];
      if (performer.wasJob(answer, answers)) {
        done = [UNTIL_EXIT];
        answers = [answered(UNTIL_EXIT, { kind: 'until-exit' })];
        times = [[began, Date.now()]];
        break;
      }
      if (step.kind === 'ready' && answer.kind === 'ready' && answer.line !== undefined)
        done[index] = { ...step, line: step.line ?? answer.line };
      for (const one of inOrder(given)) {
        answers.push(answered(step, one));
        times.push([start, Date.now()]);
      }
      index += batch.length;
    }
    const health = healthcheckCommand(config);
    if (health && app.exit === undefined && !done.some((step) => step.kind === 'until-exit')) {
      say(HEALTHCHECK);
      const start = Date.now();
      answers.push({
        step: HEALTHCHECK,
        label: HEALTHCHECK,
        answer: await performer.step({ kind: 'exec', command: health }).catch(unlessEnded),
      });
      times.push([start, Date.now()]);
    }
    if (answers.some(({ answer }) => answer.kind === 'http' && answer.status >= 500)) await app.endedWithin(LOG_MILLISECONDS);
  } finally {
    await app.stop();
  }
  const { untilStop } = app;
  const end = untilStop ? { exit: null, untilStop } : { exit: app.exit ?? null };
  const { opened } = performer;
  return {
    answers: { time: { start: began, end: Date.now() }, steps: answers, app: { ...output(app.stdout, app.stderr), ...end } },
    done,
    times,
    took: { ...(opened !== undefined && { start: Math.max(opened - began, 0) / 1000 }) },
  };
}

/** Waits until all have ended, so that none goes on beside the next run of the app. @throws the reason of the first that failed */
async function atOnce<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

/** Answers to the same step, in an order that does not depend on which of them came first. */
function inOrder(answers: readonly StepAnswer[]): StepAnswer[] {
  if (answers.length < 2) return [...answers];
  const keyed = answers.map((answer) => ({ answer, key: `${outcomeOf(answer)} ${textOf(answer) ?? ''}` }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ answer }) => answer);
}

function answered(step: Step, answer: StepAnswer): Answers['steps'][number] {
  return { step: describeStep(step), label: labelStep(step), answer };
}
