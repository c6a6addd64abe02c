import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, leftovers, pyshrink, SLIM, workdir } from '../support/engine.js';
import { firstRun } from '../support/records.js';

const ZOO = readFileSync(new URL('./zoo.py', import.meta.url), 'utf8');

/** Runs an app under trace. Returns the app's output, its exit status and the trace. */
async function traced(image: string, args: string[], options: string[] = []) {
  const cwd = workdir();
  const run = await pyshrink(['trace', image, '--json', ...options, '--', ...args], { cwd });
  expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
  const path = join(cwd, JSON.parse(run.stdout as string).trace);
  const { app } = firstRun(path).answers[0];
  const text = (base64: string) => Buffer.from(base64, 'base64').toString();
  return { exit: app.exit, stdout: text(app.stdout), stderr: text(app.stderr), trace: JSON.parse(readFileSync(path, 'utf8')) };
}

async function untraced(image: string, args: string[], options: string[] = []) {
  const run = await execa('docker', ['run', '--rm', ...options, image, ...args], { reject: false, stripFinalNewline: false });
  return { exit: run.exitCode, stdout: run.stdout, stderr: run.stderr };
}

describeWithEngine('a traced run behaves like an untraced run', () => {
  let image: string;
  beforeAll(async () => {
    image = await buildImage(
      `FROM ${SLIM}\nENV PYTHONUNBUFFERED=1 LD_LIBRARY_PATH=/opt/none LD_PRELOAD= A=b\nWORKDIR /srv\nCOPY zoo.py .\nENTRYPOINT ["python3", "zoo.py"]\n`,
      { 'zoo.py': ZOO },
    );
  });

  const cases: [string, string[], string[]][] = [
    ['process state at the start', ['state'], []],
    ['process state with run options', ['state'], ['-e', 'X=y z', '-u', '1234:55', '-w', '/tmp', '--entrypoint', 'python3']],
    ['a read-only root and no capabilities', ['state'], ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']],
    ['processes and threads', ['processes'], []],
    [
      'processes as an ordinary user on a read-only root',
      ['processes'],
      ['--user', '1000', '--read-only', '--cap-drop', 'ALL', '--tmpfs', '/tmp'],
    ],
    ['exec', ['exec'], []],
    ['exit 0', ['exit', '0'], []],
    ['exit 1', ['exit', '1'], []],
    ['exit 42', ['exit', '42'], []],
    ['orphans', ['orphan'], []],
  ];
  it.each(cases)('%s', async (_, args, options) => {
    const all = options.includes('--entrypoint') ? ['/srv/zoo.py', ...args] : args;
    const [with_, without] = await Promise.all([traced(image, all, options), untraced(image, all, options)]);
    expect({ exit: with_.exit, stdout: with_.stdout, stderr: with_.stderr }).toEqual(without);
  });

  it('reports death by a signal as exit status 128 + its number', async () => {
    expect((await traced(image, ['die', '9'])).exit).toBe(137);
    expect((await traced(image, ['die', '11'])).exit).toBe(139);
  });

  it('ends with 127 for a missing program, and with 126 for a file that is not executable', async () => {
    const missing = await traced(image, [], ['--entrypoint', 'no-such-program']);
    expect([missing.exit, missing.stderr]).toEqual([127, expect.stringContaining('no-such-program')]);
    expect((await traced(image, [], ['--entrypoint', '/etc/passwd'])).exit).toBe(126);
  });

  it('records the files and executables of children, threads and orphans', async () => {
    const { trace } = await traced(image, ['processes']);
    const seen = new Set<string>(trace.observations.map(({ kind, path }: { kind: string; path: string }) => `${kind} ${path}`));
    for (const fact of [
      'open /etc/passwd',
      'lookup /etc/../etc/group',
      'exec /bin/sh',
      'exec /bin/true',
      'chdir /etc',
      'lookup /usr/lib',
      'create /tmp/zoo',
    ]) {
      expect([...seen].filter((text) => text === fact || text.startsWith(`${fact} `))).toEqual([fact]);
    }
    const executables = trace.processes.map(({ executable }: { executable: string }) => executable);
    expect(executables).toContain('/usr/bin/dash');
    expect(executables).toContain('/usr/bin/head');
    expect(trace.modules).toHaveProperty('subprocess');
    const orphan = await traced(image, ['orphan']);
    expect(orphan.trace.observations.some(({ path }: { path: string }) => path === '/etc/group')).toBe(true);
  });

  describe('stopping', () => {
    it('sends SIGTERM to an app that catches it', async () => {
      const { stdout, exit } = await traced(image, ['catch'], ['--wait', '1']);
      expect([stdout, exit]).toEqual(['ready\ncaught\n', null]);
    });

    it('kills an app that does not catch SIGTERM at once, because its trace is complete', async () => {
      const { trace, exit } = await traced(image, ['ignore'], ['--http', '/']);
      expect([exit, trace.runs[0].exercise]).toEqual([null, ['GET /']]);
    });
  });

  it('does not change the image, and leaves nothing behind', async () => {
    const before = await docker('image', 'inspect', image);
    await traced(image, ['exit', '0']);
    expect(await docker('image', 'inspect', image)).toBe(before);
    expect(await leftovers()).toEqual([]);
  });
});
