import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { buildImage, describeWithEngine, pyshrink, SLIM, workdir } from '../support/engine.js';
import { firstRun } from '../support/records.js';

/** Prints everything that run options can change, so that a traced and a plain run can be compared. */
const APP = `
import json, os, resource, socket, stat, sys
def read(path):
    try:
        return open(path).read()
    except OSError as error:
        return error.strerror
def mount(path):
    rows = [line.split() for line in open("/proc/self/mountinfo")]
    return [(row[5], row[row.index("-") + 1]) for row in rows if row[4] == path]
print(json.dumps({
    "ids": [os.getuid(), os.getgid(), sorted(os.getgroups())], "cwd": os.getcwd(), "host": socket.gethostname() == "box",
    "hosts": "1.2.3.4" in read("/etc/hosts"), "given": read("/given/file"), "mounts": [mount("/given"), mount("/t"), mount("/")[0][0].split(",")[0]],
    "limits": [resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_STACK)],
    "shm": os.statvfs("/dev/shm").f_blocks, "memory": [read("/sys/fs/cgroup/memory.max"), read("/sys/fs/cgroup/memory/memory.limit_in_bytes")],
    "pids": [read("/sys/fs/cgroup/pids.max"), read("/sys/fs/cgroup/pids/pids.max")],
    "cpus": [read("/sys/fs/cgroup/cpu.max"), read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")],
    "device": os.path.exists("/dev/pyshrink-null") and stat.S_ISCHR(os.stat("/dev/pyshrink-null").st_mode),
    "tty": [os.isatty(number) for number in range(3)], "input": sys.stdin.read() if not os.isatty(0) else None,
    "environment": {name: os.environ.get(name) for name in ("A", "B", "C", "D")},
    "capabilities": [line for line in read("/proc/self/status").splitlines() if line.startswith("Cap")],
    "interfaces": sorted(name for _, name in socket.if_nameindex()),
}, sort_keys=True))
`;

describeWithEngine.concurrent('run options have the same effect as in docker run', () => {
  let image: string;
  const folder = workdir();
  beforeAll(async () => {
    image = await buildImage(`FROM ${SLIM}\nCOPY app.py /srv/app.py\nENTRYPOINT ["python3", "/srv/app.py"]\n`, { 'app.py': APP });
    writeFileSync(join(folder, 'file'), 'given');
    writeFileSync(join(folder, 'env'), '# a comment\nB=from file\nC\nD=\n');
  });

  it.each<[string, (folder: string) => string[], string?]>([
    ['no options', () => []],
    ['-u with a group, --group-add', () => ['-u', '1234:55', '--group-add', 'audio', '--group-add', '77']],
    ['-w, --hostname, --add-host', () => ['-w', '/usr', '--hostname', 'box', '--add-host', 'other:1.2.3.4']],
    ['-v of a directory, read-only', (given) => ['-v', `${given}:/given:ro`]],
    ['--mount of a directory', (given) => ['--mount', `type=bind,source=${given},target=/given,readonly`]],
    ['--mount of a tmpfs, --read-only', () => ['--mount', 'type=tmpfs,target=/t', '--read-only']],
    ['--tmpfs with options', () => ['--tmpfs', '/t:size=1m,mode=700']],
    ['--network none', () => ['--network', 'none']],
    ['--cap-add, --cap-drop', () => ['--cap-drop', 'ALL', '--cap-add', 'CHOWN']],
    ['--security-opt', () => ['--security-opt', 'no-new-privileges', '--security-opt', 'seccomp=unconfined']],
    ['--shm-size, --memory', () => ['--shm-size', '1m', '--memory', '200m']],
    ['--pids-limit, --cpus', () => ['--pids-limit', '70', '--cpus', '0.7']],
    ['--ulimit', () => ['--ulimit', 'nofile=500:600', '--ulimit', 'stack=1000000']],
    ['--device', () => ['--device', '/dev/null:/dev/pyshrink-null']],
    ['--init', () => ['--init']],
    ['-i', () => ['-i'], 'line one\nline two\n'],
    ['-t', () => ['-t']],
    ['-p', () => ['-p', '127.0.0.1::80']],
    ['-e, --env-file', (given) => ['--env-file', join(given, 'env'), '-e', 'A=1', '-e', 'D=given']],
    ['--entrypoint', () => ['--entrypoint', '/usr/local/bin/python3']],
    ['--platform', () => ['--platform', 'linux/amd64']],
  ])('%s', async (_, options, input) => {
    const words = options(folder);
    const args = words.includes('--entrypoint') ? ['/srv/app.py'] : [];
    const cwd = workdir();
    const given = input === undefined ? { stdin: 'ignore' as const } : { input };
    const untraced = async () => {
      const command = ['docker', 'run', '--rm', ...words, image, ...args];
      // `docker run -t` needs a terminal; script(1) provides one.
      const [file, ...rest] = words.includes('-t')
        ? ['script', '-qec', command.map((word) => `'${word}'`).join(' '), '/dev/null']
        : command;
      return (await execa(file as string, rest, given)).stdout;
    };
    const [traced, plain] = await Promise.all([
      pyshrink(['trace', image, '--json', '--until-exit', ...words, '--', ...args], { cwd, ...given }),
      untraced(),
    ]);
    expect(traced.exitCode, traced.all as string).toBe(0);
    const path = join(cwd, JSON.parse(traced.stdout as string).trace);
    const { app } = firstRun(path).answers[0];
    const said = JSON.parse(Buffer.from(app.stdout, 'base64').toString());
    expect(said).toEqual(JSON.parse(plain));
    expect(app.exit).toBe(0);
  });

  it('-e with a name that nothing looks up is a warning, with the name that was meant', async () => {
    const files = {
      'run.sh': '#!/bin/sh\nexec python3 app.py --workers "$WORKERS"\n',
      'app.py': 'import os, settings\nprint(os.environ.get("DATABASE_URL"), settings.read())\n',
      'settings.py': 'import json\ndef read():\n    return json.load(open("settings.json"))\n',
      'settings.json': '{"token": "from SERVICE_TOKEN"}',
    };
    const other = await buildImage(`FROM ${SLIM}\nWORKDIR /srv\nCOPY . .\nENV MODEL_DIR=/srv\nCMD ["sh", "run.sh"]\n`, files);
    const warnings = async (...names: string[]) => {
      const options = names.flatMap((name) => ['-e', `${name}=1`]);
      const { exitCode, stdout, all } = await pyshrink(['trace', other, '--json', '--until-exit', ...options], { cwd: workdir() });
      expect(exitCode, all as string).toBe(0);
      return (JSON.parse(stdout as string).warnings as string[]).filter((warning) => warning.startsWith('-e'));
    };
    const known = ['DATABASE_URL', 'WORKERS', 'SERVICE_TOKEN', 'MODEL_DIR', 'PYTHONUNBUFFERED', 'LD_BIND_NOW', 'TZ', 'OPENSSL_CONF'];
    expect(await warnings(...known)).toEqual([]);
    const looked = 'nothing in the image looks up this variable';
    expect(await warnings('DATABSE_URL', 'WORKRES', 'MODEL_DRI', 'QUITE_UNHEARD')).toEqual([
      `-e DATABSE_URL: ${looked}; did you mean DATABASE_URL?`,
      `-e WORKRES: ${looked}; did you mean WORKERS?`,
      `-e MODEL_DRI: ${looked}; did you mean MODEL_DIR?`,
      `-e QUITE_UNHEARD: ${looked}`,
    ]);
  });
});
