import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../src/exercise/exercise.js';
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
  const run = (script: string, steps?: Step[], { config = {}, limits = {} }: { config?: ImageConfig; limits?: Partial<Limits> } = {}) => {
    const said: string[] = [];
    const app = ProcessApp.start(script);
    return perform(app, config, steps, { ...DEFAULT_LIMITS, ...limits }, (text) => said.push(text)).then((answers) => ({ answers, said }));
  };
  const text = (base64: string) => Buffer.from(base64, 'base64').toString();
  const expose = (...ports: number[]): ImageConfig => ({ ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])) });

  it('asks a server for / by default, and stops it', async () => {
    const { answers, said } = await run(SERVER + listening(await freePort()));
    expect(answers.steps).toEqual([
      { step: 'GET /', label: 'GET /', answer: expect.objectContaining({ kind: 'http', status: 200, body: btoa('app GET / ') }) },
    ]);
    expect(answers.app).toMatchObject({ exit: null, untilStop: { stdout: 9, stderr: 0 }, stdout: btoa('starting\n'), cut: false });
    expect(said).toEqual(['GET /']);
  });

  it('asks every declared port that opens', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const script = `${SERVER}${listening(two, 'two')}setTimeout(() => {${listening(one, 'one')}}, 200);`;
    const { answers } = await run(script, undefined, { config: expose(one, two) });
    expect(answers.steps.map(({ answer }) => answer.kind === 'http' && text(answer.body))).toEqual(['one GET / ', 'two GET / ']);
  });

  it('asks a Unix socket that stays', async () => {
    const socket = join(socketFolder(), 'app.sock');
    const { answers } = await run(SERVER + listening(socket));
    rmSync(dirname(socket), { recursive: true });
    expect(answers.steps).toMatchObject([{ step: `GET / at ${socket}`, answer: { status: 200 } }]);
  });

  it('runs an app that does not listen until it ends', async () => {
    const { answers } = await run("console.log('done'); console.error('oh'); process.exitCode = 3;");
    expect(answers.steps).toEqual([{ step: 'until exit', label: 'until exit', answer: { kind: 'until-exit' } }]);
    expect(answers.app).toEqual({ stdout: btoa('done\n'), stderr: btoa('oh\n'), cut: false, exit: 3 });
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

  it('shows the last output of an app that ends too early', async () => {
    const failing = "console.error('boom'); process.exitCode = 1;";
    await expect(run(failing, [parseHttp('/')])).rejects.toThrow(/ended with status 1 before it listened\. Its last output:\nboom/);
    await expect(run('', [{ kind: 'tcp', port: 99 }])).rejects.toThrow(
      /ended with status 0 before it listened on port 99\. It printed nothing/,
    );
    await expect(run('', [{ kind: 'wait', seconds: 60 }, parseExec('true')])).rejects.toThrow(/before `true` could be run in it/);
    await expect(
      run('', [
        { kind: 'wait', seconds: 60 },
        { kind: 'signal', name: 'SIGHUP' },
      ]),
    ).rejects.toThrow(/before SIGHUP could be sent/);
  });

  it('names the flag for more time', async () => {
    const port = await freePort();
    const forever = 'setInterval(() => {}, 1000);';
    const silent = `http.createServer(() => {}).listen(${port}, '127.0.0.1');`;
    const timeout = (script: string, step: Step, limits: Partial<Limits>) => run(script, [step], { limits });
    await expect(timeout(silent, { kind: 'tcp', port: 1 }, { start: 1 })).rejects.toMatchObject({
      message: expect.stringContaining(`The app never opened 1 within 1 s (it listens on ${port})`),
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
  });
});
