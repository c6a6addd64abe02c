import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RUNTIMES } from '../../src/engines/local/oci/runtime.js';
import { buildSmallImage, describeWithEngine, docker, pyshrink, workdir } from '../support/engine.js';
import { asUser, ownCache, printed, USER, USER_RUNTIMES } from '../support/local.js';
import { type Need, needing } from '../support/needs.js';
import { DAEMONS } from '../support/sessions.js';

const PROGRAM = new URL('../support/privileges.py', import.meta.url);
const COMMAND = ['/usr/bin/python3', '/srv/privileges.py'];
const SYS_PTRACE = 1n << 19n;
const SMALL = 'pyshrink-test/privileges:small';

/** Where the image runs. */
interface Where {
  name: string;
  /** Address of the daemon; undefined for the default one. */
  host?: string;
  /** Runtime of the local engine, which then runs the image. */
  runtime?: string;
  /** Who runs pyshrink; undefined for this user. */
  user?: string;
  needs: Need[];
}

const WHERE: Where[] = [
  ...DAEMONS.map(([name, host]) => ({ name, ...(host && { host }), needs: [] })),
  ...['none', ...RUNTIMES].map((runtime) => ({
    name: `the local engine with the runtime ${runtime}`,
    runtime,
    needs: ['root', ...(runtime === 'none' ? [] : [`program ${runtime}`])] as Need[],
  })),
  ...USER_RUNTIMES.map(([runtime, ...needs]) => ({
    name: `the local engine as the user ${USER}, with the runtime ${runtime}`,
    runtime,
    user: USER,
    needs: [`user ${USER}`, ...needs] as Need[],
  })),
];

describeWithEngine('what an app may do while it is watched', () => {
  let image: string;
  let saved: string;
  /**
   * What the program prints without pyshrink, by the daemon's address. On Podman, the answers to its system calls are Docker's,
   * whose profile allows less.
   */
  const plain = new Map<string | undefined, Record<string, string | number>>();

  beforeAll(async () => {
    const files = { 'privileges.py': readFileSync(PROGRAM, 'utf8') };
    const command = JSON.stringify([...COMMAND, 'user']);
    image = await buildSmallImage(`COPY privileges.py /srv/\nCMD ${command}\n`, files, ['/usr/bin/sleep', '/usr/bin/cat']);
    saved = join(workdir(), 'image.tar');
    await docker('save', '-o', saved, image);
    chmodSync(saved, 0o644);
    for (const [, host] of DAEMONS) {
      const at = host === undefined ? [] : ['-H', host];
      if (host !== undefined) await docker(...at, 'load', '-q', '-i', saved);
      const printed = JSON.parse(await docker(...at, 'run', '--rm', image, ...COMMAND));
      const calls = Object.entries(plain.get(undefined) ?? {}).filter(([name]) => !name.startsWith('Cap'));
      plain.set(host, { ...printed, ...Object.fromEntries(calls) });
    }
  });
  afterAll(async () => {
    for (const [, host] of DAEMONS) if (host !== undefined) await docker('-H', host, 'rmi', '-f', image);
  });

  /** Runs pyshrink on a command of the image. Returns the warnings, and what the program printed in its last run. */
  const run = async (words: string[], args: string[], { host, runtime, user }: Omit<Where, 'name' | 'needs'> = {}) => {
    const env = { ...(host && { DOCKER_HOST: host }), ...(runtime && { PYSHRINK_RUNTIME: runtime }) };
    const from = runtime === undefined ? [image] : [`docker-archive:${saved}`, '--engine', 'local'];
    const [verb = '', ...options] = words;
    const line = [verb, ...from, '--json', ...options, '--', ...args];
    const own = async (cwd: string) => ({ run: await pyshrink(line, { cwd, env: { ...env, ...ownCache() } }), home: cwd });
    const { run: done, home: cwd } = await (user === undefined ? own(workdir()) : asUser(user, line, { env }));
    expect(done.exitCode, done.all as string).toBe(0);
    const text = printed(cwd)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .at(-1) as string;
    const result = JSON.parse(done.stdout as string) as { warnings: string[]; passed?: boolean };
    return { ...result, text, asking: result.warnings.filter((warning) => warning.includes('SYS_PTRACE')) };
  };
  const trace = (args: string[], where: Omit<Where, 'name' | 'needs'>, options: string[] = []) =>
    run(['trace', '--allow-failing', ...options], args, where);

  for (const { name, needs, ...where } of WHERE) {
    needing(...needs)(`has the capabilities and the system calls of a plain run, in both images: ${name}`, async () => {
      const output = where.runtime === undefined ? ['--tag', SMALL] : ['--output', 'rootfs:small'];
      // What it prints does not vary with one run: the comparison passes only where both images print the same.
      const { passed, text, asking } = await run(['shrink', '--runs', '1', ...output], [...COMMAND, 'user'], where);
      expect(passed).toBe(true);
      expect(JSON.parse(text)).toEqual(plain.get(where.host));
      // It changes its user: its supervisor gets the capability once, and it never has it itself.
      expect(asking).toHaveLength(1);
      const { CapBnd, CapEff } = JSON.parse(text);
      for (const set of [CapBnd, CapEff]) expect(BigInt(`0x${set}`) & SYS_PTRACE).toBe(0n);
      if (where.runtime === undefined) await docker(...(where.host === undefined ? [] : ['-H', where.host]), 'rmi', '-f', SMALL);
    });

    // The runtime has no part in this.
    if (where.runtime !== undefined && where.runtime !== 'none') continue;
    needing(...needs)(`gets nothing when it forges the wish of its supervisor: ${name}`, async () => {
      const { text, asking } = await trace([...COMMAND, 'forge'], where);
      expect(asking).toEqual([]);
      expect(JSON.parse(text)).toEqual(plain.get(where.host));
    });
  }

  it('has the capabilities and the system calls of a plain run also where it does not change its user', async () => {
    const { text, asking } = await trace(COMMAND, {});
    expect(asking).toEqual([]);
    expect(JSON.parse(text)).toEqual(plain.get(undefined));
  });

  it('the summary says once what an app lacks because it is watched', async () => {
    const cwd = workdir();
    const args = ['shrink', 'pyshrink-fixture/setuid', '--json', '--runs', '1', '--until-exit', '--expect-exit', '1'];
    const done = await pyshrink([...args, '--tag', 'pyshrink-test/setuid:small'], { cwd, env: ownCache() });
    expect(done.exitCode, done.all as string).toBe(0);
    const { warnings } = JSON.parse(done.stdout as string) as { warnings: string[] };
    expect(warnings.filter((warning) => warning.includes('no_new_privs'))).toHaveLength(1);
    await docker('rmi', '-f', 'pyshrink-test/setuid:small');
  });

  it('the summary says once that an app has asked for io_uring, however often it did, and nothing of it for others', async () => {
    const asks = 'import ctypes, os; os.fork(); [ctypes.CDLL(None).syscall(425, 1, 0) for _ in range(3)]'; // io_uring_setup
    const output = ['--tag', 'pyshrink-test/privileges:asks'];
    const { warnings } = await run(['shrink', ...output], ['/usr/bin/python3', '-c', asks]);
    expect(warnings.filter((warning) => warning.includes('io_uring'))).toHaveLength(1);
    await docker('rmi', '-f', 'pyshrink-test/privileges:asks');
    expect((await trace(COMMAND, {})).warnings.join()).not.toContain('io_uring');
  });

  it('a user is changed without the capability to kill its processes', async () => {
    const options = ['--cap-drop', 'ALL', '--cap-add', 'SETUID', '--cap-add', 'SETGID'];
    expect((await trace([...COMMAND, 'user'], {}, options)).asking).toHaveLength(1);
  });

  it.each([[[]], [['--init']]])('a command beside the app that changes its user is watched, too: %j', async (options: string[]) => {
    const file = join(workdir(), 'exercise.yaml');
    writeFileSync(file, JSON.stringify({ steps: [{ exec: [...COMMAND, 'user'] }] }));
    const { warnings } = await trace(['sleep', '60'], {}, [...options, '--exercise', file]);
    expect(warnings).toEqual([expect.stringContaining('CAP_SYS_PTRACE')]);
  });
});
