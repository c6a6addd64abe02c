import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Answers, StepAnswer } from '../../src/exercise/answers.js';
import { type Exercise, PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import type { Expect } from '../../src/exercise/expect.js';
import { describeStep, labelStep, parseExec, parseHttp, type Step } from '../../src/exercise/steps.js';
import { failureLine, failureText, judge, unmet } from '../../src/smoke/worked.js';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const http = (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): StepAnswer => ({
  kind: 'http',
  status,
  headers,
  body: base64(body),
});
const exec = (exit: number, stdout = '', stderr = ''): StepAnswer => ({
  kind: 'exec',
  exit,
  stdout: base64(stdout),
  stderr: base64(stderr),
  cut: false,
});
const FAILED: StepAnswer = { kind: 'failed', reason: 'connect ECONNREFUSED' };
const STOPPED: Answers['app'] = { stdout: '', stderr: '', cut: false, exit: null };
const ended = (exit: number, stderr = '') => ({ stdout: '', stderr: base64(stderr), cut: false, exit });

/** An exercise of these steps, and a run that gave these answers. */
function run(pairs: readonly (readonly [Step, StepAnswer])[], app = STOPPED, more: Partial<Exercise> = {}) {
  const steps = pairs.map(([step]) => step);
  const answers = pairs.map(([step, answer]) => ({ step: describeStep(step), label: labelStep(step), answer }));
  return [{ ...PLAIN_EXERCISE, steps, ...more } as Exercise, { steps: answers, app, time: { start: 0, end: 0 } } as Answers] as const;
}
/** The same under the default exercise. */
function byDefault(answers: readonly StepAnswer[], app = STOPPED) {
  const [{ steps: _, ...exercise }, done] = run(
    answers.map((answer) => [parseHttp('/'), answer]),
    app,
  );
  return [exercise, done] as const;
}
const expecting = (step: Step, expect: Expect) => ({ ...step, expect }) as Step;
const UNTIL_EXIT = [{ kind: 'until-exit' }, { kind: 'until-exit' }] as const satisfies [Step, StepAnswer];
const GET = parseHttp('/x?secret');
const EXEC = parseExec('check --all');

describe('judge', () => {
  const what = (...[exercise, answers]: readonly [Exercise, Answers]) =>
    judge(exercise, answers).failures.map(({ where, what }) => `${where} ${what}`);

  it('finds nothing wrong with answers below 400, commands that succeed, and apps that end well or that we stop', () => {
    const good = run([
      [GET, http(200)],
      [GET, http(302)],
      [EXEC, exec(0)],
      [
        { kind: 'tcp', port: 1 },
        { kind: 'tcp', banner: '' },
      ],
    ]);
    expect(judge(...good)).toEqual({ failures: [], warnings: [] });
    expect(judge(...run([UNTIL_EXIT], ended(0)))).toEqual({ failures: [], warnings: [] });
  });

  it.each<[string, StepAnswer]>([
    ['answered 500', http(500)],
    ['answered 404', http(404)],
    ['got no answer: connect ECONNREFUSED', FAILED],
  ])('a request that %s', (text, answer) => {
    expect(what(...run([[GET, answer]]))).toEqual([`GET /x ${text}`]);
  });

  it('a command, and an app that ends by itself, with another status than 0', () => {
    expect(what(...run([[EXEC, exec(2)], UNTIL_EXIT], ended(139)))).toEqual([
      'exec check ended with status 2',
      'app ended with status 139',
    ]);
  });

  it('a server that answered 503, and a job that failed, under the default exercise', () => {
    expect(what(...byDefault([http(503)]))).toEqual(['GET / answered 503']);
    expect(what(...byDefault([{ kind: 'until-exit' }], ended(1)))).toEqual(['app ended with status 1']);
  });

  it('only warns of a 4xx answer to a request that nobody wrote, with the remedy', () => {
    const { failures, warnings } = judge(...byDefault([http(404)]));
    expect([failures, warnings]).toEqual([[], [expect.stringMatching(/^GET \/ answered 404, .*--http \/your\/path/)]]);
  });

  it('only warns of a health check that fails', () => {
    const [exercise, answers] = run([[GET, http(200)]]);
    const health = (answer: StepAnswer) => ({
      ...answers,
      steps: [...answers.steps, { step: 'HEALTHCHECK', label: 'HEALTHCHECK', answer }],
    });
    expect(judge(exercise, health(exec(1)))).toEqual({ failures: [], warnings: ["the image's HEALTHCHECK ended with status 1"] });
    expect(judge(exercise, health(FAILED)).warnings).toEqual([expect.stringContaining('HEALTHCHECK failed: connect')]);
    expect(judge(exercise, health(exec(0)))).toEqual({ failures: [], warnings: [] });
  });

  it('takes the end by a signal that a step sent for an end that we asked for, and no other', () => {
    const signal: [Step, StepAnswer] = [{ kind: 'signal', name: 'SIGTERM' }, { kind: 'signal' }];
    expect(what(...run([signal, UNTIL_EXIT], ended(143)))).toEqual([]);
    expect(what(...run([signal, UNTIL_EXIT], ended(137)))).toEqual(['app ended with status 137']);
    expect(what(...run([UNTIL_EXIT], ended(143)))).toEqual(['app ended with status 143']);
  });

  it('accepts what is expected', () => {
    const expected = run(
      [
        [expecting(GET, { status: [404, 410] }), http(404)],
        [expecting(GET, { status: [500] }), http(500)],
        [expecting(EXEC, { exit: [2] }), exec(2)],
        UNTIL_EXIT,
      ],
      ended(3),
      { expectExit: 3 },
    );
    expect([judge(...expected), unmet(...expected)]).toEqual([{ failures: [], warnings: [] }, []]);
  });

  it('is not satisfied by other expectations than of the status', () => {
    expect(what(...run([[expecting(GET, { contains: ['no'] }), http(404, 'no')]]))).toEqual(['GET /x answered 404']);
    expect(what(...run([[expecting(EXEC, { contains: ['no'] }), exec(1, 'no')]]))).toEqual(['exec check ended with status 1']);
  });

  it('makes warnings of all failures where the app may fail', () => {
    const failing = run([[GET, http(500, 'the body')], [expecting(GET, { status: [404] }), http(200)], UNTIL_EXIT], ended(1), {
      allowFailing: true,
    });
    const { failures, warnings } = judge(...failing);
    expect([failures, unmet(...failing)]).toEqual([[], []]);
    expect(warnings).toEqual([
      expect.stringContaining('GET /x (step 1) answered 500'),
      expect.stringContaining('GET /x (step 2) answered 200 instead of 404'),
      expect.stringContaining('the app ended with status 1'),
    ]);
    expect(warnings.join()).not.toMatch(/the body|secret/);
  });

  describe('warns of tracebacks', () => {
    const TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\nKeyError: \'x\'\n';
    const stopped = (before: string, after: string) => ({
      ...STOPPED,
      stderr: base64(before + after),
      untilStop: { stdout: 0, stderr: before.length },
    });

    it('in the log before the stop, and not in that after it', () => {
      expect(judge(...run([[GET, http(200)]], stopped(TRACEBACK, ''))).warnings).toEqual([
        expect.stringContaining("a traceback: KeyError: 'x'"),
      ]);
      expect(judge(...run([[GET, http(200)]], stopped('up\n', TRACEBACK))).warnings).toEqual([]);
    });

    it('of a job that ends well', () => {
      expect(judge(...run([UNTIL_EXIT], ended(0, TRACEBACK)))).toEqual({ failures: [], warnings: [expect.stringContaining('KeyError')] });
    });

    it('but not where a failure is expected', () => {
      expect(judge(...run([UNTIL_EXIT], ended(1, TRACEBACK), { expectExit: 1 })).warnings).toEqual([]);
      expect(judge(...run([[expecting(GET, { status: [500] }), http(500)]], stopped(TRACEBACK, ''))).warnings).toEqual([]);
    });

    it('and names only some of many', () => {
      const many = ['A', 'B', 'C', 'D', 'E'].map((name) => TRACEBACK.replace('KeyError', `${name}Error`)).join('');
      expect(judge(...run([[GET, http(200)]], stopped(many, ''))).warnings[0]).toMatch(
        /5 different tracebacks: AError.*CError.*; and 2 more$/,
      );
    });
  });
});

describe('unmet', () => {
  const what = (expect: Expect, answer: StepAnswer, step: Step = GET) =>
    unmet(...run([[expecting(step, expect), answer]])).map(({ what }) => what);

  it.each<[string, Expect, StepAnswer, string]>([
    ['a status', { status: [404, 410] }, http(200), 'answered 200 instead of 404 or 410'],
    ['an exit status', { exit: [1] }, exec(0), 'ended with status 0 instead of 1'],
    ['a text', { contains: ['a', 'b'] }, http(200, 'xax'), 'does not contain "b"'],
    ['a text in an output', { contains: ['a'] }, exec(0, 'x', 'y'), 'does not contain "a"'],
    ['a pattern', { matches: '^b+$' }, http(200, 'abbb'), 'does not match /^b+$/'],
    ['a greeting', { contains: ['220'] }, { kind: 'tcp', banner: base64('554 no') }, 'does not contain "220"'],
    ['a header', { headers: { 'X-A': '1' } }, http(200), 'has no header X-A'],
    ['a header that every object inherits', { headers: { constructor: '1' } }, http(200), 'has no header constructor'],
    ['the value of a header', { headers: { 'X-A': '1' } }, http(200, '', { 'x-a': '2' }), 'has another header X-A than "1"'],
    ['an answer', { status: [404] }, FAILED, 'got no answer: connect ECONNREFUSED'],
    ['several things', { status: [201], contains: ['a'] }, http(200), 'answered 200 instead of 201; does not contain "a"'],
  ])('%s', (_, wanted, answer, text) => {
    expect(what(wanted, answer)).toEqual([text]);
    // The original is held to it too, also where its status is fine.
    expect(judge(...run([[expecting(GET, wanted), answer]])).failures).toHaveLength(1);
  });

  it('is empty where everything is there', () => {
    expect(
      what({ status: [200], contains: ['a', 'b'], matches: '^b', headers: { 'X-A': '1' } }, http(200, 'a\nb', { 'x-a': '1' })),
    ).toEqual([]);
    expect(what({ exit: [0], contains: ['out', 'err'] }, exec(0, 'out', 'err'), EXEC)).toEqual([]);
    expect(what({ headers: { 'Set-Cookie': 'b=2' } }, http(200, '', { 'set-cookie': 'a=1\nb=2' }))).toEqual([]);
  });

  it('reads compressed bodies, and broken ones as they are', () => {
    const coding = { 'content-encoding': 'gzip' };
    expect(what({ contains: ['hello'] }, http(200, gzipSync('hello'), coding))).toEqual([]);
    expect(what({ contains: ['hello'] }, http(200, 'hello', coding))).toEqual([]);
    const raw = { 'content-encoding': 'deflate' };
    expect(what({ contains: ['hello'] }, http(200, deflateRawSync('hello'), raw)), 'without the header of zlib').toEqual([]);
    const two = { 'content-encoding': 'br, gzip' };
    expect(what({ contains: ['hello'] }, http(200, gzipSync(brotliCompressSync('hello')), two)), 'two codings').toEqual([]);
  });

  it('holds the app to its expected end', () => {
    const app = (end: Answers['app']) => unmet(...run([UNTIL_EXIT], end, { expectExit: 3 })).map(({ what }) => what);
    expect(app(ended(3))).toEqual([]);
    expect(app(ended(0))).toEqual(['ended with status 0 instead of 3']);
    expect(app(STOPPED)).toEqual(['still ran, and was expected to end with status 3']);
  });

  it('says nothing about other failures', () => {
    expect(
      unmet(
        ...run(
          [
            [GET, http(500)],
            [EXEC, exec(1)],
          ],
          ended(1),
        ),
      ),
    ).toEqual([]);
  });
});

describe('the text of a failure', () => {
  const first = (...[exercise, answers]: readonly [Exercise, Answers]) => {
    const [failure] = judge(exercise, answers).failures;
    if (!failure) throw new Error('no failure');
    return failure;
  };

  it('has the step, the status, the log of a server with an error, and what to do', () => {
    const log = base64('No DATABASE_URL\nafter the stop\n');
    const failure = first(...run([[GET, http(500, 'oops')]], { ...STOPPED, stderr: log, untilStop: { stdout: 0, stderr: 16 } }));
    expect(failureText(failure)).toBe('GET /x answered 500. Last output:\nNo DATABASE_URL');
    expect(failure.remedy).toMatch(/^Pass what the app needs with -e, -v or --network\. .*--expect 500.*\{status: 500\}.*--allow-failing/);
  });

  it('has the answer where that tells more', () => {
    const request = first(...run([[GET, http(422, 'name is missing')]]));
    expect(failureText(request)).toMatch(/422\. Last output:\nname is missing$/);
    expect(request.remedy).toMatch(/^Correct the request\./);
    const command = first(...run([[EXEC, exec(1, '', 'no module')]]));
    expect(failureText(command)).toMatch(/status 1\. Last output:\nno module$/);
    expect(command.remedy).toMatch(/--expect 1 .*\{exit: 1\}/);
  });

  it('names --expect-exit for the app, and the end of a long output', () => {
    const failure = first(...run([UNTIL_EXIT], ended(1, `begin${'x'.repeat(5000)}end`)));
    expect(failureText(failure)).toMatch(/^The app ended with status 1\. Last output:\nx+end$/);
    expect(failure.remedy).toContain('--expect-exit 1');
    expect(failure.output).toHaveLength(2000);
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`);
    expect(first(...run([UNTIL_EXIT], ended(1, lines.join('\n')))).output).toMatch(/^line \d+\n(line \d+\n)+line 499$/);
    expect(failureText(first(...run([UNTIL_EXIT], ended(1))))).toContain('There is no output.');
  });

  it('is one line without the output as a warning', () => {
    const line = failureLine(first(...run([UNTIL_EXIT], ended(1, 'the output'))));
    expect(line).toMatch(/^the app ended with status 1\. Pass what/);
    expect(line).not.toMatch(/\n|the output/);
  });
});
