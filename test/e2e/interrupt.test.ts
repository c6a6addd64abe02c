import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { ROLE_LABEL } from '../../src/engines/docker/labels.js';
import { buildImage, describeWithEngine, docker, leftovers, pyshrink, runningApps, SLIM, workdir } from '../support/engine.js';

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;

describeWithEngine('interruption', () => {
  const sleeper = () => buildImage(`FROM ${SLIM}\nCMD ["python3", "-c", "import time; time.sleep(300)"]\n`);

  /** Starts a trace that takes minutes, and waits until its app runs. */
  const running = async () => {
    const image = await sleeper();
    const run = execa(process.execPath, [CLI, 'trace', image, '--wait', '300'], {
      cwd: workdir(),
      reject: false,
      forceKillAfterDelay: false,
    });
    const before = (await runningApps()).length;
    while ((await runningApps()).length === before) await new Promise((go) => setTimeout(go, 100));
    return { run };
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('%s removes everything and ends with status 130', async (signal) => {
    const { run } = await running();
    run.kill(signal);
    expect((await run).exitCode).toBe(130);
    expect(await leftovers()).toEqual([]);
  });

  it('SIGINT leaves nothing behind at any moment of a shrink', async () => {
    for (let moment = 300; ; moment *= 1.3) {
      const args = ['shrink', 'pyshrink-fixture/hello', '--tag', 'pyshrink-test/interrupted:1'];
      const run = execa(process.execPath, [CLI, ...args], { cwd: workdir(), reject: false, forceKillAfterDelay: false });
      // Sends it twice: under npx, pyshrink gets the signal from the terminal and again from npx.
      for (const delay of [moment, moment + 20]) setTimeout(() => run.kill('SIGINT'), delay);
      const { exitCode, stderr } = await run;
      if (exitCode === 0) break;
      // Without exit code: the signal came before our handlers were installed, when nothing existed yet.
      expect([130, undefined], `after ${moment} ms: ${stderr}`).toContain(exitCode);
      expect(await leftovers(), `after ${moment} ms`).toEqual([]);
    }
  });

  it('a run continues when the reader of its output closes the pipe', async () => {
    const cwd = workdir();
    const args = ['-o', 'pipefail', '-c', '"$@" 2>&1 | head -1', 'bash', process.execPath, CLI, 'trace', 'pyshrink-fixture/hello'];
    expect(await execa('bash', args, { cwd, reject: false })).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Preparing/) });
    expect(existsSync(join(cwd, '.pyshrink/pyshrink-fixture_hello_latest/trace.json'))).toBe(true);
    expect(await leftovers()).toEqual([]);
  });

  it('after SIGKILL, doctor --clean removes the leftovers, but nothing of a live run', async () => {
    const [{ run: dead }, { run: alive }] = [await running(), await running()];
    dead.kill('SIGKILL');
    await dead;
    const before = await leftovers();
    expect(before.length).toBeGreaterThan(3);
    const cleaned = await pyshrink(['doctor', '--clean', '--json']);
    expect(JSON.parse(cleaned.stdout as string).removed.length).toBeGreaterThan(2);
    const after = await leftovers();
    expect(after.length).toBeGreaterThan(0);
    expect(after.length).toBeLessThan(before.length);
    alive.kill('SIGINT');
    expect((await alive).exitCode).toBe(130);
    expect(await leftovers()).toEqual([]);
  });

  it('after SIGKILL, the next run also removes the leftovers', async () => {
    const { run: dead } = await running();
    dead.kill('SIGKILL');
    await dead;
    // A session is dead when its helper has ended. On a busy computer that takes a moment.
    while ((await docker('ps', '-q', '--filter', `label=${ROLE_LABEL}=helper`)) !== '') await new Promise((go) => setTimeout(go, 100));
    expect((await pyshrink(['trace', 'pyshrink-fixture/hello'])).exitCode).toBe(0);
    expect(await leftovers()).toEqual([]);
  });
});
