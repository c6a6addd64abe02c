import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/exercise/exercise.js';
import { parseExercise } from '../../src/exercise/file.js';
import { perform } from '../../src/exercise/perform.js';
import { parseExec, type Step } from '../../src/exercise/steps.js';
import { describeWithPython } from '../support/probes.js';
import { freePort, ProcessApp } from './processapp.js';

const FOREVER = "console.log('waiting'); setInterval(() => {}, 1000);";

describeWithPython('an app that may be a worker', () => {
  const run = async (script: string, steps: Step[] | undefined, known: { lasts?: true; waits?: true }, port?: number) => {
    const config = port === undefined ? {} : { ExposedPorts: { [`${port}/tcp`]: {} } };
    const { answers } = await perform(
      ProcessApp.start(script),
      config,
      { ...(steps && { steps }), ...known, limits: DEFAULT_LIMITS },
      () => {},
    );
    return answers.steps;
  };

  it.each([
    ['declares no port', 4000, false],
    ['declares its port', 7000, true],
  ])('is a server where it opens its port after a while of quiet, and %s', async (_, wait, declares) => {
    const port = await freePort();
    const script = `setTimeout(() => http.createServer((_, outgoing) => outgoing.end('late')).listen(${port}, '127.0.0.1'), ${wait});`;
    const steps = await run(script, undefined, { lasts: true }, declares ? port : undefined);
    expect(steps).toMatchObject([{ step: 'GET /', answer: { status: 200, body: btoa('late') } }]);
  });

  it('is none that is waited for, where its program is known to wait for work', async () => {
    const steps = await run(FOREVER, undefined, { lasts: true, waits: true }, 65001);
    expect(steps).toMatchObject([{ answer: { kind: 'ready', line: 'waiting' } }]);
  });

  const yaml = 'steps: [ready, script: "echo [$PYSHRINK_URL$PYSHRINK_HOST$PYSHRINK_PORT]", script: "true"]';
  const [ready, script, second] = parseExercise('x.yaml', yaml, () => Buffer.alloc(0)).steps as [Step, Step, Step];

  it.each([
    ['after `ready`', [ready, script, second], {}],
    ['whose program is known', [script, second], { waits: true as const }],
  ])('runs scripts without an address, %s', async (_, steps, known) => {
    const answers = (await run(FOREVER, steps, known)).map(({ answer }) => answer);
    expect(answers.slice(-2)).toMatchObject([
      { kind: 'script', exit: 0, stdout: btoa('[]\n') },
      { kind: 'script', exit: 0 },
    ]);
  });

  it('gives scripts an address where it listens after all', async () => {
    const port = await freePort();
    const late = `setTimeout(() => http.createServer().listen(${port}, '127.0.0.1'), 4000);`;
    const [, answer] = await run(late, [ready, script], {});
    expect(answer).toMatchObject({ answer: { kind: 'script', stdout: expect.not.stringMatching(btoa('[]\n')) } });
  });

  it('fails a script that comes after the end of a worker', async () => {
    const ends = "process.on('SIGHUP', () => process.exit(3)); setInterval(() => {}, 1000);";
    const steps = await run(ends, [ready, { kind: 'signal', name: 'SIGHUP' }, { kind: 'wait', seconds: 60 }, script], {});
    expect(steps.at(-1)?.answer).toEqual({ kind: 'failed', reason: 'the app ended with status 3 before the script could be run' });
  });
});

describeWithPython('steps that are done at the same time', () => {
  it('have all ended when one could not be done, before the app is stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'batch-'));
    // The first to come is killed, so that it has no exit status. The others go on for a while.
    const command = parseExec(`sh -c 'mkdir ${folder}/first && kill -9 $$; sleep 3; touch ${folder}/done'`) as Extract<
      Step,
      { kind: 'exec' }
    >;
    const steps: Step[] = [{ ...command, together: 2 }, command];
    await expect(perform(ProcessApp.start(FOREVER), {}, { steps, limits: DEFAULT_LIMITS }, () => {})).rejects.toThrow(/SIGKILL/);
    expect(existsSync(join(folder, 'done'))).toBe(true);
  });
});
