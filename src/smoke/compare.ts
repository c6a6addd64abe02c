import { concealedStart } from '../conceal.js';
import type { Answers, StepAnswer } from '../exercise/answers.js';
import { compareContents, shownText } from './body.js';
import { type Fields, fieldsOf, isFailed, kindOf, lengthFollows } from './fields.js';
import { allEqual, isAlike, type Spans } from './likeness.js';
import { compareLogs } from './logs.js';
import { logUntilStop, wholeLog } from './logtext.js';
import { commonLimit, logWithin, outputOf } from './outputs.js';

/** Something that the shrunk image does differently. */
export interface Difference {
  /** The step, or `app` for the output and exit status of the app itself. */
  where: string;
  /** Name of the run, where there are several. */
  run?: string;
  /** For instance `body`, `header location` or `stdout`. */
  what: string;
  original: string;
  shrunk: string;
}

/** Something that varies by itself, and what was accepted for it. */
export interface Variation {
  /** As of {@link Difference}. */
  where: string;
  /** Name of the run, where there are several. */
  run?: string;
  what: string;
  /** Where it is in the field, e.g. `line 3` or `$.items[0].id`. Empty: the whole field, or a place in a single line. */
  place: string;
  /** What each run of the original has there, at most 200 characters. */
  originals: string[];
  shrunk: string;
}

/** What the comparison of a shrunk image with its original says. */
export interface Comparison {
  differences: Difference[];
  varied: Variation[];
  /** Number of answers that were compared. */
  compared: number;
  /** What was not compared, in plain words, one entry each. */
  uncompared: string[];
}

/** Characters of a text that a {@link Variation} shows. */
const SHOWN = 200;
/** Stands for a field that an answer does not have. */
const ABSENT = '(not there)';

/**
 * Compares the shrunk image's run of an exercise with the original's runs. What is equal in all runs of the original must
 * be equal in the shrunk image, but for the current time and the like. What differs between them must be of the same kind.
 * @param originals runs of the original in their order, at least one. What only a later run did wrong is not accepted
 */
export function compareAnswers(originals: readonly Answers[], shrunk: Answers): Comparison {
  return new Comparer(originals, shrunk).compare();
}

/** An answer of one run of the original. */
interface Original<T> {
  answer: T;
  run: Answers['time'];
}

class Comparer {
  private readonly result: Comparison = { differences: [], varied: [], compared: 0, uncompared: [] };

  constructor(
    private readonly originals: readonly Answers[],
    private readonly shrunk: Answers,
  ) {}

  compare(): Comparison {
    const [first] = this.originals as [Answers];
    const count = Math.max(first.steps.length, this.shrunk.steps.length);
    for (let index = 0; index < count; index++) this.step(index);
    this.app();
    return this.result;
  }

  private step(index: number): void {
    const steps = this.originals.map((run) => run.steps[index]);
    const [first] = steps;
    const other = this.shrunk.steps[index];
    const where = first?.step ?? other?.step ?? '';
    if (!first || !other || first.step !== other.step) {
      const told = (one: typeof first) => (one ? `${one.step}: ${kindOf(one.answer)}` : 'no answer');
      this.result.differences.push({ where, what: 'outcome', original: told(first), shrunk: told(other) });
      if (first) this.count(where, first.answer, undefined);
      return;
    }
    // A later run may have chosen other steps, as its ports opened in another order.
    const answers = steps.flatMap((one, run): Original<StepAnswer>[] =>
      one?.step === first.step ? [{ answer: one.answer, run: (this.originals[run] as Answers).time }] : [],
    );
    this.count(where, first.answer, other.answer);
    const alike = this.outcome(where, answers, other.answer, kindOf, isFailed);
    const most = this.limit(where, [...alike.map(({ answer }) => answer), other.answer]);
    const withLength = ![...alike.map(({ answer }) => answer), other.answer].every(lengthFollows);
    this.fields(
      where,
      alike.map(({ answer, run }) => ({ answer: fieldsOf(answer, withLength, most), run })),
      fieldsOf(other.answer, withLength, most),
    );
  }

  /** Counts an answer, or says why there is nothing to compare. */
  private count(where: string, first: StepAnswer, other: StepAnswer | undefined): void {
    const { result } = this;
    switch (first.kind) {
      case 'tcp':
        if (first.banner !== '' || (other?.kind === 'tcp' && other.banner !== '')) result.compared++;
        else result.uncompared.push(`${where}: it sent nothing`);
        return;
      case 'failed':
        result.uncompared.push(`${where}: the original gave no answer`);
        return;
      case 'wait':
      case 'log':
        result.uncompared.push(`${where}: a wait has no answer`);
        return;
      case 'signal':
        result.uncompared.push(`${where}: a signal has no answer`);
        return;
      case 'until-exit':
        // Its answer is what the app itself printed, and its exit status.
        return;
      case 'ready':
      case 'exec':
      case 'script':
      case 'websocket':
      case 'http':
        result.compared++;
    }
  }

  /** Bytes of each output that are compared. Says so where an output was cut. */
  private limit(where: string, outputs: readonly (StepAnswer | Answers['app'])[]): number {
    const most = commonLimit(outputs);
    if (most < Number.POSITIVE_INFINITY)
      this.result.uncompared.push(
        `${where}: it printed more than the limit \`output\`. Only the first ${most} bytes of each output are compared. ` +
          'To compare more, give --limit output=SIZE to `shrink`, or to `trace` and `smoke`.',
      );
    return most;
  }

  /**
   * Compares outcomes: one that the original gave is fine, but no failure that only a later run of the original had.
   * @returns the originals to compare the rest with: those with the same outcome, or all where it differs
   */
  private outcome<T>(
    where: string,
    originals: readonly Original<T>[],
    shrunk: T,
    outcomeOf: (answer: T) => string,
    failed: (answer: T) => boolean,
    what = 'outcome',
  ): readonly Original<T>[] {
    const outcomes = originals.map(({ answer }) => outcomeOf(answer));
    const [first] = outcomes as [string];
    const mine = outcomeOf(shrunk);
    const alike = originals.filter((_, index) => outcomes[index] === mine);
    if (alike.length === 0 || (failed(shrunk) && first !== mine)) {
      this.result.differences.push({ where, what, original: first, shrunk: mine });
      return originals;
    }
    if (!allEqual(outcomes)) this.result.varied.push({ where, what, place: '', originals: outcomes, shrunk: mine });
    return alike;
  }

  private fields(where: string, originals: readonly Original<Fields>[], shrunk: Fields): void {
    const names = new Set([...originals.flatMap(({ answer }) => [...answer.keys()]), ...shrunk.keys()]);
    for (const what of names)
      this.field(
        where,
        what,
        originals.map(({ answer, run }) => ({ answer: answer.get(what), run })),
        shrunk.get(what),
      );
  }

  private field(where: string, what: string, originals: readonly Original<Buffer | undefined>[], shrunk: Buffer | undefined): void {
    const shown = (value: Buffer | undefined) => (value ? shownText(value) : ABSENT);
    const first = originals[0]?.answer;
    const there = originals.flatMap(({ answer, run }) => (answer ? [{ answer, run }] : []));
    const differs = (reason?: string) => {
      const name = reason === undefined ? what : `${what} (${reason})`;
      // The value that the shrunk image should have had is the one of a run that has one.
      this.result.differences.push({ where, what: name, original: shown(first ?? (shrunk && there[0]?.answer)), shrunk: shown(shrunk) });
    };
    const say = (place: string, values: readonly string[], value: string) =>
      this.result.varied.push({ where, what, place, originals: values.map(clipped), shrunk: clipped(value) });
    if (!shrunk) {
      if (there.length === originals.length) differs();
      else
        say(
          '',
          originals.map(({ answer }) => shown(answer)),
          ABSENT,
        );
      return;
    }
    if (there.length === 0) {
      differs();
      return;
    }
    const spans: Spans = { originals: there.map(({ run }) => run), shrunk: this.shrunk.time, name: what };
    const likeness = compareContents(
      there.map(({ answer }) => answer),
      shrunk,
      spans,
    );
    if (!isAlike(likeness)) {
      differs(likeness.reason);
      return;
    }
    for (const { place, originals: values, shrunk: value } of likeness) say(place, values, value);
    if (likeness.length === 0 && there.length < originals.length)
      say(
        '',
        originals.map(({ answer }) => shown(answer)),
        shown(shrunk),
      );
  }

  /** The output of a program that ends by itself must be the same. The log of a server varies: only new errors in it count. */
  private app(): void {
    const { originals, shrunk, result } = this;
    const apps = originals.map(({ app, time }) => ({ answer: app, run: time }));
    const exitOf = ({ exit }: Answers['app']) => (exit === null ? 'stopped by pyshrink' : String(exit));
    const alike = this.outcome('app', apps, shrunk.app, exitOf, ({ exit }) => exit !== null && exit !== 0, 'exit');
    const [{ answer: first }] = apps as [Original<Answers['app']>];
    if (first.exit !== null) result.compared++;
    if (first.exit !== null && alike.every(({ answer }) => answer.exit !== null)) {
      const most = this.limit('app', [...alike.map(({ answer }) => answer), shrunk.app]);
      this.fields(
        'app',
        alike.map(({ answer, run }) => ({ answer: new Map(Object.entries(outputOf(answer, most))), run })),
        new Map(Object.entries(outputOf(shrunk.app, most))),
      );
      return;
    }
    result.uncompared.push('the log of a server varies: only new errors in it count');
    // A run that failed where the first one did not may have logged why: that excuses nothing.
    const same = originals.filter((run) => didAlike(run, originals[0] as Answers));
    // What the originals logged may have been cut, so what the shrunk image logged after that says nothing.
    const log = logWithin(
      shrunk,
      this.limit(
        'app',
        [...same, shrunk].map(({ app }) => app),
      ),
    );
    const { added, varied } = compareLogs(same.map(wholeLog), logUntilStop(log));
    for (const { what, text } of added) result.differences.push({ where: 'app', what, original: '', shrunk: text });
    for (const { what, text, had } of varied)
      result.varied.push({
        where: 'app',
        what,
        place: '',
        originals: had.map((one) => (one ? clipped(text) : ABSENT)),
        shrunk: clipped(text),
      });
  }
}

/** Whether two runs did the same steps with the same outcomes. */
function didAlike(one: Answers, other: Answers): boolean {
  const outcomes = ({ steps, app }: Answers) => JSON.stringify([steps.map(({ step, answer }) => [step, kindOf(answer)]), app.exit]);
  return outcomes(one) === outcomes(other);
}

function clipped(text: string): string {
  return concealedStart(text, SHOWN);
}
