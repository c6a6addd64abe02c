import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../src/errors.js';
import { DEFAULT_LIMITS, type Limits } from '../../src/exercise/exercise.js';
import { parseExercise } from '../../src/exercise/file.js';
import { perform } from '../../src/exercise/perform.js';
import { parseExec, parseHttp, type Step } from '../../src/exercise/steps.js';
import type { ImageConfig } from '../../src/images/config.js';
import { describeWithPython } from '../support/probes.js';
import { freePort, ProcessApp, socketFolder } from './processapp.js';

/** A server that answers with the request, and prints `hup` at SIGHUP. */
const SERVER = `
const echo = (name) => (incoming, outgoing) => {
  let body = '';
  incoming.on('data', (part) => { body += part; }).on('end', () => outgoing.end([name, incoming.method, incoming.url, body].join(' ')));
};
process.on('SIGHUP', () => console.log('hup'));
console.log('starting');
`;
const listening = (where: string | number, name = 'app') =>
  `http.createServer(echo('${name}')).listen(${typeof where === 'number' ? `${where}, '127.0.0.1'` : `'${where}'`});`;

describeWithPython('perform', () => {
  interface Given {
    config?: ImageConfig;
    limits?: Partial<Limits>;
    chosen?: Step[];
    lasts?: true;
  }
  const run = async (script: string, steps?: Step[], { config = {}, limits = {}, chosen, lasts }: Given = {}) => {
    const said: string[] = [];
    const app = ProcessApp.start(script);
    const performed = await perform(
      app,
      config,
      { ...(steps && { steps }), ...(lasts && { lasts }), limits: { ...DEFAULT_LIMITS, ...limits } },
      (text) => said.push(text),
      chosen,
    );
    return { ...performed, said };
  };
  const text = (base64: string) => Buffer.from(base64, 'base64').toString();
  const expose = (...ports: number[]): ImageConfig => ({ ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])) });

  it('asks a server for / by default, and stops it', async () => {
    const { answers, said } = await run(SERVER + listening(await freePort()));
    expect(answers.steps).toEqual([
      { step: 'GET /', label: 'GET /', answer: expect.objectContaining({ kind: 'http', status: 200, body: btoa('app GET / ') }) },
    ]);
    expect(answers.app).toMatchObject({ exit: null, untilStop: { stdout: 9, stderr: 0 }, stdout: btoa('starting\n'), cut: false });
    expect(answers.time.end).toBeGreaterThanOrEqual(answers.time.start);
    expect(Math.abs(Date.now() - answers.time.end)).toBeLessThan(60_000);
    expect(said).toEqual(['GET /']);
  });

  it('asks every declared port that opens', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const script = `${SERVER}${listening(two, 'two')}setTimeout(() => {${listening(one, 'one')}}, 200);`;
    const { answers } = await run(script, undefined, { config: expose(one, two) });
    expect(answers.steps.map(({ answer }) => answer.kind === 'http' && text(answer.body))).toEqual(['one GET / ', 'two GET / ']);
  });

  describe('a proxy whose server has not started', () => {
    /** Answers with a status to the first requests, and then with 200. */
    const proxy = (port: number, status: number, first: number) =>
      `let count = 0; http.createServer((_, out) => { out.statusCode = ++count > ${first} ? 200 : ${status}; out.end(String(count)); }).listen(${port}, '127.0.0.1');`;
    const get = (path = '/', more: Partial<Step> = {}): Step => ({ ...parseHttp(path), ...more }) as Step;
    const statuses = async (steps: Step[] | undefined, status: number, first: number) =>
      (await run(proxy(await freePort(), status, first), steps)).answers.steps.map(({ answer }) => answer.kind === 'http' && answer.status);

    it('is asked again until it gives another answer', async () => {
      expect(await statuses([get(), get('/x')], 502, 3)).toEqual([200, 200]);
      expect(await statuses(undefined, 503, 2)).toEqual([200]);
    });

    it('is asked once where the answer is wanted, where it is another one, or where the request changes something', async () => {
      expect(await statuses([get('/', { expect: { status: [502] } })], 502, 3)).toEqual([502]);
      expect(await statuses([get(), get()], 500, 1)).toEqual([500, 200]);
      expect(await statuses([get('POST /')], 502, 3)).toEqual([502]);
    });

    it('may answer some requests itself', async () => {
      const script = `let count = 0; http.createServer((req, out) => { out.statusCode = req.url === '/x' && ++count < 4 ? 504 : 200; out.end(); }).listen(${await freePort()}, '127.0.0.1');`;
      const { answers } = await run(script, [get(), get('/x')]);
      expect(answers.steps.map(({ answer }) => answer.kind === 'http' && answer.status)).toEqual([200, 200]);
    });

    it('is asked no longer than a step may take', async () => {
      const { answers } = await run(proxy(await freePort(), 503, 1e9), [get(), get()], { limits: { step: 1 } });
      expect(answers.steps.map(({ answer }) => answer.kind === 'http' && answer.status)).toEqual([503, 503]);
    });
  });

  it('asks a Unix socket that stays', async () => {
    const socket = join(socketFolder(), 'app.sock');
    const { answers } = await run(SERVER + listening(socket));
    rmSync(dirname(socket), { recursive: true });
    expect(answers.steps).toMatchObject([{ step: `GET / at ${socket}`, answer: { status: 200 } }]);
  });

  it('sends a signal, and runs a command, only once the app has started', async () => {
    const slow =
      "for (const end = Date.now() + 700; Date.now() < end; ); console.log('started'); process.on('SIGHUP', () => console.log('hup'));";
    const steps: Step[] = [{ kind: 'signal', name: 'SIGHUP' }, parseExec('sleep 0.2')];
    const { answers } = await run(`${slow} setInterval(() => {}, 1000);`, steps);
    expect([text(answers.app.stdout), answers.app.exit]).toEqual(['started\nhup\n', null]);
  });

  describe('an app that runs until it is stopped, and listens nowhere', () => {
    // It waits for work with a timer, as a worker with a heartbeat does.
    const worker = (host: string, also = '') =>
      `console.log('reading settings'); setTimeout(() => { console.error('12:00 worker@${host} waits.'); ${also} }, 400); setInterval(() => {}, 50);`;
    const lasts = true;
    const declared = expose(65001);

    it('is ready when it waits for work, also where its image declares a port; later runs wait for the same line', async () => {
      const { answers, done } = await run(worker('a1'), undefined, { lasts, config: declared, limits: { start: 3 } });
      expect(answers.steps.map(({ step, answer }) => [step, answer])).toEqual([
        ['until it is ready', { kind: 'ready', line: '12:00 worker@a1 waits.' }],
      ]);
      expect([done, answers.app.exit]).toEqual([[{ kind: 'ready', line: '12:00 worker@a1 waits.' }], null]);
      const slow = `setTimeout(() => { ${worker('b2', "console.log('and more');")} }, 2500);`;
      const later = await run(slow, undefined, { lasts, chosen: done });
      expect(later.answers.steps[0]?.answer).toEqual({ kind: 'ready', line: '12:00 worker@b2 waits.' });
      expect(later.done).toEqual(done);
    });

    it('is a server where it listens', async () => {
      const { answers } = await run(SERVER + listening(await freePort()), undefined, { lasts });
      expect(answers.steps).toMatchObject([{ step: 'GET /', answer: { status: 200 } }]);
    });

    it('has failed where it ends before, with its status', async () => {
      const { answers } = await run("console.log('no broker'); process.exitCode = 3;", [{ kind: 'ready' }], { lasts });
      expect(answers.steps[0]?.answer).toEqual({ kind: 'failed', reason: 'the app ended with status 3 before it was ready' });
      expect(answers.app.exit).toBe(3);
    });

    it('is ready only when it is healthy', async () => {
      const marker = join(socketFolder(), 'healthy');
      const script = `setTimeout(() => require('node:fs').writeFileSync('${marker}', ''), 3500); setInterval(() => {}, 1000);`;
      const config: ImageConfig = { Healthcheck: { Test: ['CMD', 'cat', marker] } };
      const { answers } = await run(script, [{ kind: 'ready' }], { lasts, config });
      expect(answers.steps).toMatchObject([{ answer: { kind: 'ready' } }, { step: 'HEALTHCHECK', answer: { exit: 0 } }]);
      const never = run('setInterval(() => {}, 1000);', [{ kind: 'ready' }], { lasts, limits: { start: 1 }, config: { Healthcheck: { Test: ['CMD', 'false'] } } }); // biome-ignore format: one line
      await expect(never).rejects.toThrow('The app did not become healthy within 1 s');
      rmSync(dirname(marker), { recursive: true });
    });
  });

  it('says what to write for an app that has no steps, and does not end', async () => {
    await expect(run('setInterval(() => {}, 1000);', undefined, { limits: { exit: 1 } })).rejects.toMatchObject({
      remedy: expect.stringContaining('steps: [ready]'),
    });
  });

  it('does a step until its answer is right, with what an earlier one gave, and waits for the log', async () => {
    const port = await freePort();
    const script = `
      let asked = 0;
      http.createServer((incoming, outgoing) => {
        if (incoming.url === '/start') return outgoing.end('{"id": "job/7"}');
        asked++;
        if (asked === 3) setTimeout(() => console.log('job is done'), 300);
        outgoing.end(incoming.url + (asked < 3 ? ' waits' : ' done'));
      }).listen(${port}, '127.0.0.1');`;
    const file = `
steps:
  - http: GET /start
    capture: { id: { json: id } }
  - http: GET /jobs?id=$\{id}
    until: { contains: done }
  - log: job is done
  - http: GET /more
    repeat: 2
`;
    const { steps } = parseExercise('x.yaml', file, () => Buffer.alloc(0));
    const { answers } = await run(script, steps);
    expect(answers.steps.map(({ answer }) => (answer.kind === 'http' ? text(answer.body) : answer.kind))).toEqual([
      ...['{"id": "job/7"}', '/jobs?id=job/7 done', 'log', '/more done', '/more done'],
    ]);
  });

  it('fails a request with a captured value that no header can hold', async () => {
    const port = await freePort();
    const script = `http.createServer((_, outgoing) => outgoing.end('{"id": "a\\\\nb"}')).listen(${port}, '127.0.0.1');`;
    const file = `steps: [{http: GET /, capture: {id: {json: id}}}, {http: {path: /, headers: {x-id: '$\{id}'}}}]`;
    const { answers } = await run(script, parseExercise('x.yaml', file, () => Buffer.alloc(0)).steps);
    expect(answers.steps[1]?.answer).toEqual({ kind: 'failed', reason: expect.stringContaining('Invalid character in header') });
  });

  it('says what the app did not print', async () => {
    const never = run("console.log('other'); setInterval(() => {}, 1000);", [{ kind: 'log', text: 'ready' }], { limits: { step: 0.3 } });
    await expect(never).rejects.toThrow('did not print "ready" within 0.3 s');
    const { answers } = await run("console.log('other');", [{ kind: 'log', text: 'ready' }]);
    expect(answers.steps[0]?.answer).toEqual({ kind: 'failed', reason: 'the app ended with status 0 before it printed "ready"' });
  });

  it('runs a command beside an app that always computes', async () => {
    const { answers } = await run('for (;;);', [parseExec('echo done')]);
    expect(answers.steps).toMatchObject([{ answer: { kind: 'exec', exit: 0, stdout: btoa('done\n') } }]);
  });

  it('runs an app that does not listen until it ends', async () => {
    const { answers } = await run("console.log('done'); console.error('oh'); process.exitCode = 3;");
    expect(answers.steps).toEqual([{ step: 'until exit', label: 'until exit', answer: { kind: 'until-exit' } }]);
    expect(answers.app).toEqual({ stdout: btoa('done\n'), stderr: btoa('oh\n'), cut: false, exit: 3 });
  });

  describe('takes an app that ends before any step of the default exercise for a job', () => {
    const job = { steps: [{ step: 'until exit', label: 'until exit', answer: { kind: 'until-exit' } }] };
    const GET = parseHttp('/');

    it.each([
      ['that ends with status 0', '', 0],
      ['that fails', "console.error('no database'); process.exitCode = 3;", 3],
      ['that listens elsewhere meanwhile', 'net.createServer().listen(0).unref(); setTimeout(() => {}, 300);', 0],
    ])('whose image exposes a port, %s', async (_, script, exit) => {
      const { answers, done, took } = await run(script, undefined, { config: expose(await freePort()) });
      expect(answers).toMatchObject({ ...job, app: { exit } });
      expect([done, took]).toEqual([[{ kind: 'until-exit' }], {}]);
    });

    it('that serves something for a moment', async () => {
      const script = `${SERVER}${listening(await freePort())}setTimeout(() => process.exit(), 200);`;
      expect((await run(script)).answers).toMatchObject({ ...job, app: { exit: 0 } });
    });

    it('that ends while it is asked', async () => {
      const port = await freePort();
      const script = `http.createServer(() => process.exit(5)).listen(${port}, '127.0.0.1');`;
      const { answers, done } = await run(script, undefined, { config: expose(port) });
      expect([answers.steps, answers.app.exit, done]).toEqual([job.steps, 5, [{ kind: 'until-exit' }]]);
    });

    it('also where an earlier run was asked', async () => {
      expect((await run('', undefined, { chosen: [GET] })).answers).toMatchObject(job);
    });

    it('but not where the user wrote the step, nor where a step was answered before', async () => {
      expect((await run('', [GET])).answers.steps.map(({ answer }) => answer)).toEqual([
        { kind: 'failed', reason: 'the app ended with status 0 before it listened' },
      ]);
      const [one, two] = [await freePort(), await freePort()];
      const script = `${SERVER}${listening(one)}http.createServer(() => process.exit(1)).listen(${two}, '127.0.0.1');`;
      const { answers, done } = await run(script, undefined, { config: expose(one, two) });
      expect(answers.steps.map(({ answer }) => answer)).toEqual([
        expect.objectContaining({ kind: 'http', status: 200 }),
        { kind: 'failed', reason: expect.stringContaining('the app ended with status 1 before it') },
      ]);
      expect([done.length, answers.app.exit]).toEqual([2, 1]);
    });
  });

  it('does the steps that an earlier run of the default exercise chose, as tolerantly', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const silent = `net.createServer((socket) => socket.end('hello')).listen(${two}, '127.0.0.1');`;
    const config = expose(one, two);
    const first = await run(SERVER + listening(one) + silent, undefined, { config });
    expect(first.done).toMatchObject([{ port: one }, { port: two }]);
    // The second port opens so late that a new choice would leave it out.
    const late = `${SERVER}${listening(one)}setTimeout(() => {${silent}}, 4000);`;
    const second = await run(late, undefined, { config, chosen: first.done });
    expect(second.done).toEqual(first.done);
    expect(second.answers.steps).toMatchObject([{ answer: { status: 200 } }, { answer: { kind: 'tcp', banner: btoa('hello') } }]);
  }, 30_000);

  it('says how long the first listener took, without the time that it was watched', async () => {
    const port = await freePort();
    const { took } = await run(`${SERVER}setTimeout(() => {${listening(port)}}, 500);`);
    expect(took.start).toBeGreaterThanOrEqual(0.4);
    expect((await run('', [{ kind: 'until-exit' }])).took).toEqual({});
  });

  it('only connects to a port without HTTP, where the steps are the default ones', async () => {
    const { answers } = await run(`net.createServer((socket) => socket.end('hello')).listen(${await freePort()}, '127.0.0.1');`);
    expect(answers.steps.map(({ answer }) => answer)).toEqual([{ kind: 'tcp', banner: btoa('hello') }]);
  });

  it('records a request without an answer as failed, where the user asked for it', async () => {
    const port = await freePort();
    const { answers } = await run(`net.createServer((socket) => socket.end('hello')).listen(${port}, '127.0.0.1');`, [parseHttp('/')]);
    expect(answers.steps.map(({ answer }) => answer.kind)).toEqual(['failed']);
  });

  it('does the steps in their order', async () => {
    const port = await freePort();
    const script = `${SERVER}${listening(port)}net.createServer((socket) => socket.write('220 hi')).listen(${port + 1}, '127.0.0.1');`;
    const { answers } = await run(
      script,
      [
        parseHttp('POST /a?b=c text'),
        parseExec("sh -c 'echo out; echo err >&2; exit 4' secret"),
        { kind: 'tcp', port: port + 1 },
        { kind: 'signal', name: 'SIGHUP' },
        { kind: 'wait', seconds: 0.2 },
      ].map((step) => ('path' in step ? { ...step, port } : step)) as Step[],
    );
    const [http, exec, ...rest] = answers.steps;
    expect(http).toMatchObject({ step: `POST /a?b=c at ${port}`, label: 'POST /a', answer: { body: btoa('app POST /a?b=c text') } });
    expect(exec).toMatchObject({ label: 'exec sh', answer: { exit: 4, stdout: btoa('out\n'), stderr: btoa('err\n'), cut: false } });
    expect(rest.map(({ answer }) => answer)).toEqual([{ kind: 'tcp', banner: btoa('220 hi') }, { kind: 'signal' }, { kind: 'wait' }]);
    expect(text(answers.app.stdout)).toBe('starting\nhup\n');
  });

  it('runs the health check last, unless the app has ended', async () => {
    const config: ImageConfig = { Healthcheck: { Test: ['CMD', 'sh', '-c', 'exit 1'] } };
    const server = await run(SERVER + listening(await freePort()), undefined, { config });
    expect(server.answers.steps.map(({ label }) => label)).toEqual(['GET /', 'HEALTHCHECK']);
    expect(server.answers.steps[1]?.answer).toMatchObject({ kind: 'exec', exit: 1 });
    const batch = await run('', undefined, { config });
    expect(batch.answers.steps.map(({ label }) => label)).toEqual(['until exit']);
  });

  it('counts a health check as failed where the app ends meanwhile', async () => {
    const app = ProcessApp.start(SERVER + listening(await freePort()));
    app.exec = async () => {
      await app.signal('SIGKILL');
      await app.ended;
      throw new Error('the container is not running');
    };
    const { answers } = await perform(
      app,
      { Healthcheck: { Test: ['CMD', 'x'] } },
      { steps: [parseHttp('/')], limits: DEFAULT_LIMITS },
      () => {},
    );
    expect(answers.steps.at(-1)).toMatchObject({
      label: 'HEALTHCHECK',
      answer: { kind: 'failed', reason: 'the app ended with status 137 before `x` could be run in it' },
    });
  });

  it('leaves steps without an answer that come after the end of the app', async () => {
    const reason = async (...steps: Step[]) => (await run('', steps)).answers.steps.at(-1)?.answer;
    const wait: Step = { kind: 'wait', seconds: 60 };
    expect(await reason({ kind: 'tcp', port: 99 })).toEqual({
      kind: 'failed',
      reason: 'the app ended with status 0 before it listened on port 99',
    });
    expect(await reason(wait, parseExec('true'))).toEqual({
      kind: 'failed',
      reason: 'the app ended with status 0 before `true` could be run in it',
    });
    expect(await reason(wait, { kind: 'signal', name: 'SIGHUP' })).toEqual({
      kind: 'failed',
      reason: 'the app ended with status 0 before SIGHUP could be sent',
    });
  });

  it('names the flag for more time', async () => {
    const port = await freePort();
    const forever = 'setInterval(() => {}, 1000);';
    const silent = `http.createServer(() => {}).listen(${port}, '127.0.0.1');`;
    const timeout = (script: string, step: Step, limits: Partial<Limits>) => run(script, [step], { limits });
    const late = timeout(forever, { kind: 'until-exit' }, { exit: 0.1 });
    await expect(late).rejects.toThrow(TimeoutError);
    await expect(late).rejects.toMatchObject({ flag: '--exit-timeout', exitCode: 1 });
    await expect(timeout(forever, parseExec('sleep 2'), { step: 0.1 })).rejects.toMatchObject({ flag: '--step-timeout' });
    await expect(timeout(forever, { kind: 'tcp', port: 1 }, { start: 0.1 })).rejects.toMatchObject({ flag: '--start-timeout' });
    await expect(timeout(silent, { kind: 'tcp', port: 1 }, { start: 4 })).rejects.toMatchObject({
      message: expect.stringContaining(`The app never opened 1 within 4 s (it listens on ${port})`),
      remedy: expect.stringContaining('--start-timeout'),
    });
    await expect(timeout(silent, parseHttp('/x?secret'), { step: 0.2 })).rejects.toMatchObject({
      message: expect.stringContaining('The app did not answer GET /x within 0.2 s'),
      remedy: expect.stringContaining('--step-timeout'),
    });
    await expect(timeout(forever, parseExec('sleep 2'), { step: 0.2 })).rejects.toThrow('The app kept `sleep` running within 0.2 s');
    await expect(timeout(forever, { kind: 'until-exit' }, { exit: 0.2 })).rejects.toMatchObject({
      message: expect.stringContaining('The app did not end within 0.2 s'),
      remedy: expect.stringContaining('--exit-timeout'),
    });
  }, 30_000);
});
