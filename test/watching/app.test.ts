import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Container } from '../../src/engines/engine.js';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import type { ImageConfig } from '../../src/images/config.js';
import { App, commandOf, stopSeconds, stopSignal } from '../../src/watching/app.js';
import { ProcessSession } from '../guest/processsession.js';

describe('commandOf', () => {
  const config: ImageConfig = { Entrypoint: ['/entry', '-x'], Cmd: ['serve'] };
  it.each<[string, ImageConfig, string | undefined, string[], string[]]>([
    ['entrypoint and command', config, undefined, [], ['/entry', '-x', 'serve']],
    ['arguments instead of the command', config, undefined, ['a', 'b'], ['/entry', '-x', 'a', 'b']],
    ['--entrypoint, which drops the command', config, '/other', [], ['/other']],
    ['--entrypoint with arguments', config, '/other', ['a'], ['/other', 'a']],
    ['an empty --entrypoint', config, '', ['a'], ['a']],
    ['null where the image has none', { Entrypoint: null, Cmd: null }, undefined, [], []],
  ])('%s', (_, image, entrypoint, args, command) => {
    expect(commandOf(image, entrypoint === undefined ? {} : { entrypoint }, args)).toEqual(command);
  });
});

describe('stopSignal', () => {
  it.each([
    [undefined, 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['quit', 'SIGQUIT'],
    ['2', 'SIGINT'],
    ['99', 'SIGTERM'],
    ['NONE', 'SIGTERM'],
  ])('of STOPSIGNAL %s is %s', (signal, expected) => {
    expect(stopSignal(signal === undefined ? {} : { StopSignal: signal })).toBe(expected);
  });
});

it('stopSeconds is 10, unless the image says otherwise', () => {
  expect([stopSeconds({}), stopSeconds({ StopTimeout: 3 }), stopSeconds({ StopTimeout: 0 })]).toEqual([10, 3, 0]);
});

describe('App', () => {
  class PlainApp extends App {
    static async start(container: Container, config: ImageConfig = {}) {
      return new PlainApp(container, config, { mount: '', command: ['false'], lacking: null }, await container.start());
    }

    protected override execCommand(command: readonly string[]): string[] {
      return ['env', 'BESIDE=1', ...command];
    }
  }

  let engine: ProcessSession;
  beforeEach(() => {
    engine = new ProcessSession();
  });
  afterEach(() => engine.close());
  const start = async (script: string, config?: ImageConfig) =>
    PlainApp.start(
      await engine.create({ image: 'x', command: ['sh', '-c', script], run: PLAIN_RUN, volume: '', attachInput: false, role: 'app' }),
      config,
    );
  const said = async (app: App, text: string) => {
    while (!app.stdout.bytes.toString().includes(text)) await app.endedWithin(10);
  };

  it('keeps what it prints, and its exit status', async () => {
    const app = await start('echo out; echo err >&2; exit 3');
    expect(await app.ended).toBe(3);
    expect([app.exit, app.stdout.bytes.toString(), app.stderr.bytes.toString()]).toEqual([3, 'out\n', 'err\n']);
    await app.stop();
    expect(app.untilStop).toBeUndefined();
  });

  it('stops with the signal of the image, and counts what was printed before', async () => {
    const app = await start('trap "echo bye; exit 0" INT; echo up; while :; do sleep 0.05; done', { StopSignal: 'SIGINT' });
    await said(app, 'up');
    await app.stop();
    expect([app.exit, app.stdout.bytes.toString(), app.untilStop]).toEqual([0, 'up\nbye\n', { stdout: 3, stderr: 0 }]);
  });

  it('runs commands beside the app, and sends it signals', async () => {
    const app = await start('trap "echo got it; exit 5" HUP; echo up; while :; do sleep 0.05; done');
    await said(app, 'up');
    const answer = await app.exec(['sh', '-c', 'echo $BESIDE; exit 4']);
    expect([answer.exit, answer.stdout.bytes.toString()]).toEqual([4, '1\n']);
    await app.signal('SIGHUP');
    expect([await app.ended, app.stdout.bytes.toString()]).toEqual([5, 'up\ngot it\n']);
  });

  it('has a relay that lists nothing where its probe does not run', async () => {
    const app = await start('sleep 0.5');
    const relay = await app.relay();
    expect(await relay.listeners()).toEqual([]);
    expect(await app.relay()).toBe(relay);
    await app.ended;
    await app.stop();
  });
});
