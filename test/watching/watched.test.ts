import { afterEach, beforeEach, expect, it } from 'vitest';
import { withBounds } from '../../src/bounds.js';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import { WatchedApp, type WatchedSpec } from '../../src/watching/watched.js';
import { ProcessSession } from '../guest/processsession.js';
import { type FakeSupervisor, fakeSupervisor } from './fakesupervisor.js';

let engine: ProcessSession;
let fake: FakeSupervisor;
beforeEach(() => {
  engine = new ProcessSession();
});
afterEach(async () => {
  await engine.close();
  fake.remove();
});
/** Starts a run with the volume of the current fake. */
const startAgain = (more: Partial<WatchedSpec> = {}) => {
  const { kit, volume } = fake;
  return WatchedApp.start(engine.session, { image: 'x', config: {}, args: ['app'], run: PLAIN_RUN, volume, kit, name: 'one', ...more });
};
const start = (script: string, more: Partial<WatchedSpec> = {}) => {
  fake = fakeSupervisor(script);
  return startAgain(more);
};

it('hides the variables of the loader from the kit, and keeps their values for the app', async () => {
  const config = { Env: ['LD_PRELOAD=/image.so', 'A=1'] };
  const app = await start('write(["exit", 0]);', { config, run: { ...PLAIN_RUN, env: ['B=2', 'LD_LIBRARY_PATH=/given'] } });
  await app.ended;
  expect(engine.specs[0]?.run.env).toEqual([
    'B=2',
    'LD_PRELOAD=',
    'PYSHRINK_HIDDEN_LD_PRELOAD=/image.so',
    'LD_LIBRARY_PATH=',
    'PYSHRINK_HIDDEN_LD_LIBRARY_PATH=/given',
  ]);
});

it('reads the facts of its own run, and the imports of all processes', async () => {
  const app = await start(`
    const file = (name, text) => fs.writeFileSync(require('node:path').join(require('node:path').dirname(options.facts), name), text);
    file('facts-other-app.jsonl', '["exit", 1]\\n');
    file('imports-7', 'os\\t/os.py\\n\\t/app\\n');
    file('imports-9', 'os\\njson\\n');
    write(["exit", 0]);`);
  await app.ended;
  const { facts, imports, probed } = await app.observed();
  expect(facts.map(({ exit }) => exit)).toEqual([0]);
  expect([...imports.modules]).toEqual([
    ['os', '/os.py'],
    ['json', null],
  ]);
  expect([imports.searchPath, [...probed].sort()]).toEqual([['/app'], [7, 9]]);
});

it('runs each command beside the app under a supervisor of its own', async () => {
  const app = await start('if (options.beside) console.log(options.facts, command.join(" ")); else setInterval(() => {}, 1000);');
  const [first, second] = [await app.exec(['a', 'b']), await app.exec(['c'])];
  const [file] = /^.*(?=exec0\.jsonl a b\n$)/.exec(first.stdout.bytes.toString()) ?? [];
  expect(file).toMatch(`${fake.volume}/observations/facts-one-`);
  expect(second.stdout.bytes.toString()).toBe(`${file}exec1.jsonl c\n`);
});

it('does not count the facts of commands beside the same app in an earlier run with the same volume', async () => {
  const script = 'if (options.beside) write(["warning", "one"], ["exit", 0]); else setInterval(() => {}, 1000);';
  const warnings: string[][] = [];
  for (let run = 0; run < 2; run++) {
    const app = run === 0 ? await start(script) : await startAgain();
    await app.exec(['a']);
    warnings.push((await app.observed()).facts.flatMap((facts) => facts.warnings));
  }
  expect(warnings).toEqual([['one'], ['one']]);
});

it('does not stand in for process 1 where there is an init process', async () => {
  const app = await start('console.log(options.first);', { run: { ...PLAIN_RUN, init: true } });
  await app.ended;
  expect(app.stdout.bytes.toString()).toBe('false\n');
});

it('rejects an image without a command', async () => {
  await expect(start('', { args: [] })).rejects.toMatchObject({ message: 'The image has neither ENTRYPOINT nor CMD.' });
});

it('names the reason where the container does not start', async () => {
  const kit = { mount: '/none', command: ['/none/python'], lacking: null };
  await expect(start('', { kit })).rejects.toThrow(/The container did not start: exec: "\/none\/python"/);
});

it('counts only what is of its own run, and not what earlier runs left', async () => {
  const app = await start(`
    const file = (name, text) => fs.writeFileSync(require('node:path').join(require('node:path').dirname(options.facts), name), text);
    for (let run = 0; run < 9; run++) file('facts-run' + run + '-app.jsonl', 'x'.repeat(900));
    write(["exit", 0]);`);
  await app.ended;
  const { facts } = await withBounds({ observed: 1000 }, () => app.observed());
  expect(facts.map(({ exit }) => exit)).toEqual([0]);
  // One that is larger than all of a run may be is no file of a run.
  await expect(withBounds({ observed: 800 }, () => app.observed())).rejects.toThrowError(/goes over the limit `observed`/);
});

it('refuses more observations than the limit, whoever has written them', async () => {
  const app = await start(`
    const file = (name, text) => fs.writeFileSync(require('node:path').join(require('node:path').dirname(options.facts), name), text);
    file('junk', 'x'.repeat(2000));
    write(["exit", 0]);`);
  await app.ended;
  await expect(withBounds({ observed: 1000 }, () => app.observed())).rejects.toMatchObject({
    message: expect.stringContaining('What the probes and the app have written goes over the limit `observed`: 1000 bytes'),
    remedy: expect.stringContaining('--limit observed=SIZE'),
  });
  await expect(withBounds({ files: 2 }, () => app.observed())).rejects.toThrowError(/goes over the limit `files`/);
});
