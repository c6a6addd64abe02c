import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, FIXTURES, pyshrink, workdir } from '../support/engine.js';
import { lasting, openedIn } from '../support/strace.js';

describeWithEngine('the trace contains every file that strace -f sees opened', () => {
  const cases: [name: string, workdir: string, args: string[]][] = [
    ['ssl-hello', '/app', []],
    ['wrapper', '/app', []],
    ['science', '/app', []],
  ];
  it.each(cases)('%s', async (name, workingDirectory, args) => {
    const image = `pyshrink-fixture/${name}`;
    const cwd = workdir();
    const run = await pyshrink(
      ['trace', image, '--json', '--exercise', join(FIXTURES, name, 'exercise.yaml'), ...(args.length > 0 ? ['--', ...args] : [])],
      { cwd },
    );
    expect(run.exitCode).toBe(0);
    const trace = JSON.parse(readFileSync(join(cwd, JSON.parse(run.stdout as string).trace), 'utf8'));

    const straced = await buildImage(
      `FROM ${image}\nUSER root\nRUN apt-get update && apt-get install -y --no-install-recommends strace && rm -rf /var/lib/apt/lists/*\n`,
    );
    const [command] = JSON.parse(await docker('image', 'inspect', '-f', '[{{json .Config.Cmd}}]', image)) as [string[]];
    const log = await docker(
      'run',
      '--rm',
      '--cap-add',
      'SYS_PTRACE',
      '--entrypoint',
      'sh',
      straced,
      '-c',
      'strace -f -y -s 4096 -e trace=open,openat,execve,creat,chdir -o /tmp/log "$@" >/dev/null 2>&1; cat /tmp/log',
      'sh',
      ...(args.length > 0 ? args : command),
    );

    const seen = new Set<string>(trace.observations.map(({ path }: { path: string }) => path));
    const files = lasting(openedIn(log, workingDirectory));
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((path) => !seen.has(path))).toEqual([]);
  });
});
