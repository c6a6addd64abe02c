import { readdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, leftovers, pyshrink, runningApps, SLIM, workdir } from '../support/engine.js';

const LIMITED = '--exit-timeout';

describeWithEngine('a disaster gives one clear message, and leaves no trace or other object behind', () => {
  /** Runs a trace, and calls `act` while the app is running. Returns the finished run. */
  const during = async (args: string[], act: (container: string) => Promise<unknown>, env: Record<string, string> = {}) => {
    const cwd = workdir();
    const run = pyshrink(['trace', ...args], { cwd, env });
    let ended = false;
    const acted = (async () => {
      // Checks `ended`: if the run ends before its app starts, this loop would otherwise wait until the test times out.
      while (!ended) {
        const [id] = await runningApps();
        if (id !== undefined) return act(id);
        await new Promise((go) => setTimeout(go, 50));
      }
    })();
    run.then(() => {
      ended = true;
    });
    await Promise.all([run, acted]);
    return { ...(await run), cwd };
  };
  const fails = async (run: { exitCode?: number | undefined; stderr?: unknown; cwd: string }, message: RegExp) => {
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(run.stderr).not.toMatch(/unexpected|^ {4}at /m);
    expect(readdirSync(run.cwd)).toEqual([]);
    expect(await leftovers()).toEqual([]);
  };
  const python = (code: string) => buildImage(`FROM ${SLIM}\nCMD ["python3", "-u", "-c", ${JSON.stringify(code)}]\n`);
  const sleeping = () => python('import time; print("up"); time.sleep(60)');

  it('an app that the kernel kills because it is out of memory', async () => {
    const image = await python('x = []\nwhile True: x.append(bytearray(1 << 20))');
    const cwd = workdir();
    const run = await pyshrink(['trace', image, '--memory', '80m', '--until-exit'], { cwd });
    // The kernel decides whether it kills the supervisor as well, so both results are correct.
    if (run.exitCode === 0) expect(JSON.stringify(run.stdout)).toContain('until exit');
    else await fails({ ...run, cwd }, /ran out of memory[\s\S]*--memory|was killed before/);
    expect(await leftovers()).toEqual([]);
  });

  it('an app that never stops forking', async () => {
    const image = await python('import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.1)');
    const cwd = workdir();
    const run = await pyshrink(['trace', image, '--user', '64999', '--ulimit', 'nproc=60', '--until-exit', LIMITED, '4'], { cwd });
    await fails({ ...run, cwd }, /did not end within 4 s/);
  });

  it('no room to write observations', async () => {
    const image = await python('import os\nfor i in range(20000): os.path.exists(f"/nowhere/{i}")');
    const cwd = workdir();
    const run = await pyshrink(['trace', image, '--ulimit', 'fsize=40000', '--until-exit'], { cwd });
    await fails({ ...run, cwd }, /could not write down what it saw: File too large[\s\S]*disk/);
  });

  it('a container that is removed from outside', async () => {
    const run = await during([await sleeping(), '--wait', '20'], (id) => docker('rm', '-f', id));
    await fails(run, /The container is gone: somebody has removed it/);
  });

  it('a container that is killed from outside', async () => {
    const run = await during([await sleeping(), '--wait', '20'], (id) => docker('kill', id));
    await fails(run, /killed before the app ended/);
  });

  it('a broken connection to the daemon, and a daemon that stops', async () => {
    const path = join(workdir(), 'docker.sock');
    const open = new Set<Socket>();
    const server = createServer((client) => {
      const daemon = createConnection('/var/run/docker.sock');
      for (const [one, other] of [
        [client, daemon],
        [daemon, client],
      ] as const) {
        open.add(one);
        one.on('error', () => {}).on('close', () => other.destroy());
      }
      client.pipe(daemon).pipe(client);
    });
    const listen = () => new Promise<void>((go) => server.listen(path, go));
    const cut = () => {
      for (const socket of open) socket.destroy();
    };
    await listen();
    const env = { DOCKER_HOST: `unix://${path}` };
    const restarted = await during([await sleeping(), '--wait', '3'], async () => cut(), env);
    // Which request notices it first is chance.
    await fails(restarted, /The daemon went away|The (helper )?container is gone|The connection to the Docker daemon broke/);
    const gone = await during(
      [await sleeping(), '--wait', '20'],
      async () => {
        server.close();
        cut();
        rmSync(path, { force: true });
      },
      env,
    );
    expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringMatching(/The connection to the Docker daemon broke/)]);
    expect(readdirSync(gone.cwd)).toEqual([]);
    // The next run removes what the failed run could not remove without a daemon.
    expect((await pyshrink(['trace', 'pyshrink-fixture/hello'])).exitCode).toBe(0);
    expect(await leftovers()).toEqual([]);
  });
});
