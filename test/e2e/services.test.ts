import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect } from 'vitest';
import { buildImage, FIXTURES, HAS_ENGINE, leftovers, pyshrink, SLIM, workdir } from '../support/engine.js';
import { needing } from '../support/needs.js';
import { behaveServices } from '../support/servicebehaviour.js';

const needs = needing('docker compose');

describe.runIf(HAS_ENGINE)('services of a compose file', () => {
  afterEach(async () => expect(await leftovers()).toEqual([]));
  const same = (name: string, compared: number) => ({ name, outcome: 'same', compared, differences: 0, failure: null });

  needs('a worker is watched until it is ready, and stopped by its signal; a job runs until it ends', async () => {
    const folder = workdir();
    // The port is that of another service of the same image.
    const image = await buildImage(`FROM ${SLIM}\nEXPOSE 8000\nWORKDIR /srv\nCOPY *.py ./\nCMD ["python3", "work.py"]\n`, {
      'work.py': `
import signal, sys, time
def stop(number, frame):
    print("stopped by", signal.Signals(number).name, flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
time.sleep(0.5)
import json
print(json.dumps({"at": time.time(), "says": "waits for work"}), flush=True)
while True:
    time.sleep(0.1)
`,
      'job.py': 'print("done")',
    });
    writeFileSync(
      join(folder, 'compose.yaml'),
      `
services:
  worker: { image: ${image}, restart: unless-stopped, stop_signal: SIGINT }
  job: { image: ${image}, command: python3 job.py, restart: always }
`,
    );
    const run = await pyshrink(['shrink', '--json', '--compose', 'compose.yaml', '--tag', 'pyshrink-test/services:worker'], {
      cwd: folder,
    });
    expect(run.exitCode, run.all as string).toBe(0);
    const { trace, runs } = JSON.parse(run.stdout as string);
    expect(runs).toMatchObject([
      { name: 'job', outcome: 'same', compared: 1 },
      { name: 'worker', outcome: 'same', compared: 1 },
    ]);
    const [job, worker] = JSON.parse(readFileSync(join(folder, trace, '..', 'check.json'), 'utf8')).answers;
    const text = (base64: string) => Buffer.from(base64, 'base64').toString();
    expect(job).toMatchObject({ steps: [{ step: 'until exit' }], app: { exit: 0 } });
    expect(worker).toMatchObject({
      steps: [{ answer: { kind: 'ready', line: expect.stringContaining('waits for work') } }],
      app: { exit: null },
    });
    expect(text(worker.app.stdout)).toContain('stopped by SIGINT');
  });

  needs('MariaDB and RabbitMQ: each start of the app meets what the first one met, without a reset', async () => {
    const cwd = workdir();
    cpSync(join(FIXTURES, 'ledger'), cwd, { recursive: true });
    const run = await pyshrink(['shrink', '--json', '--tag', 'pyshrink-test/services:ledger'], { cwd });
    expect(run.exitCode, run.all as string).toBe(0);
    // The file expects numbers that only a first start can have: in each of the two original runs, and in the small image.
    expect(JSON.parse(run.stdout as string).runs).toEqual([same('web', 4), same('collect', 2)]);
  });

  // What no exercise touched: in shop login, admin, orders, commands and tasks; in api all operations but one; in board sessions,
  // forms and uploads; in chat WebSockets, and requests at the same time.
  describe.each([
    { name: 'shop', runs: [same('beat', 1), same('migrate', 1), same('web', 2), same('worker', 2)], more: { web: 39, worker: 6 } },
    { name: 'api', words: ['pyshrink-fixture/api', '--force'], runs: [same('migrate', 1), same('web', 2)], more: { web: 65 } },
    { name: 'board', runs: [same('web', 2)], more: { web: 51 } },
    { name: 'chat', runs: [same('logger', 1), same('web', 1)], more: { web: 31, logger: 3 } },
  ])('of the fixture $name', ({ name, words = [], runs, more }) => {
    const small = `pyshrink-test/services:${name}`;

    needs('init, then shrink without an edit: one image in which every run is equal', async () => {
      const cwd = workdir();
      cpSync(join(FIXTURES, name), cwd, { recursive: true });
      const init = await pyshrink(['init', ...words], { cwd });
      expect(init.exitCode, init.all as string).toBe(0);
      const run = await pyshrink(['shrink', '--json', '--tag', small], { cwd });
      expect(run.exitCode, run.all as string).toBe(0);
      const { before, after, ...result } = JSON.parse(run.stdout as string);
      expect(result.runs).toEqual(runs);
      expect(after).toBeLessThan(before / 3);
    });

    needs('what no exercise touched is equal, too', async () => {
      const behaviours = await behaveServices(join(FIXTURES, name, 'behaviour.yaml'), `pyshrink-fixture/${name}`, small);
      expect(behaviours).toEqual(Object.entries(more).map(([run, compared]) => ({ name: run, compared, unmet: [], differences: [] })));
    });
  });
});
