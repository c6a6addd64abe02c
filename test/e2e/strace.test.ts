import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, FIXTURES, pyshrink, workdir } from '../support/engine.js';

/** Paths that `strace -f` saw opened or executed with success, made absolute. */
function opened(log: string, workingDirectory: string): Set<string> {
  const paths = new Set<string>();
  const directories = new Map<string, string>();
  // An unfinished call and its resumption are one.
  const unfinished = new Map<string, string>();
  for (const raw of log.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(raw) ?? [];
    let call = rest;
    const cut = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    if (cut) {
      unfinished.set(pid, cut[1] as string);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (resumed) call = `${unfinished.get(pid) ?? ''}${resumed[1]}`;
    const match = /^(open|openat|execve|creat)\((?:AT_FDCWD<(.*?)>, |AT_FDCWD, |\d+<(.*?)>, )?"((?:[^"\\]|\\.)*)".*\)\s+= (\d+)/.exec(call);
    const change = /^chdir\("(.*)"\)\s+= 0/.exec(call);
    if (change?.[1]) directories.set(pid, change[1]);
    const path = match?.[4];
    if (!path) continue;
    const base = match[2] ?? match[3] ?? directories.get(pid) ?? workingDirectory;
    paths.add(path.startsWith('/') ? path : `${base.replace(/\/$/, '')}/${path}`);
  }
  return paths;
}

describeWithEngine('no file that strace -f saw opened is missing from the trace', () => {
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
    const kernel = /^\/(proc|sys|dev)\/|^\/tmp\/|^\/etc\/ld\.so\.cache$/;
    const random = /\.pyc\.\d+$/; // the name under which a .pyc is written first
    const files = [...opened(log, workingDirectory)].filter((path) => !kernel.test(path) && !random.test(path));
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((path) => !seen.has(path))).toEqual([]);
  });
});
