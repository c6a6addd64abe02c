import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import type { NamespaceSupport } from '../../src/engines/local/namespaces.js';
import { PLAIN_RUN, type RunOptions } from '../../src/engines/runoptions.js';
import { Helper } from '../../src/guest/helper.js';
import { WatchedApp } from '../../src/watching/watched.js';
import { buildImage, CLI, DEBIAN, describeWithEngine, docker, workdir } from '../support/engine.js';
import { answersBelow, asUser, exportedRoot, ownCache, printed, USER, USER_RUNTIMES } from '../support/local.js';
import { has, type Need, needing } from '../support/needs.js';
import { DAEMONS, daemonSession, localSession } from '../support/sessions.js';

/** What the secret file says: a module, as the import probe would write it. */
const SECRET = 'secret_module\t/secret\n';
/** What tells the app in a container that it may end. */
const END = '/tmp/waysout-end';

/** Whether this computer lets us read its disks: one that is itself confined may not. */
function canReadDisks(): boolean {
  const script = 'read -r major minor rest; mknod "$1" b "$major" "$minor" && : <"$1"';
  const [, , first = ''] = readFileSync('/proc/partitions', 'utf8').split('\n');
  return spawnSync('sh', ['-c', script, 'sh', join(workdir(), 'disk')], { input: `${first}\n` }).status === 0;
}

/** As `--privileged` of Docker, which fails where the daemon itself lacks one of all capabilities. */
const UNCONFINED = [
  ...['SYS_ADMIN', 'SYS_PTRACE', 'SYS_RAWIO', 'SYSLOG', 'DAC_READ_SEARCH'].flatMap((name) => ['--cap-add', name]),
  ...['seccomp', 'apparmor', 'systempaths'].flatMap((name) => ['--security-opt', `${name}=unconfined`]),
  ...['--device-cgroup-rule', 'a *:* rwm'],
];
/** Ways that such a container leaves open, where what they lead to is on the computer. */
const OPEN_TO_UNCONFINED = [
  ...['core_pattern', 'uevent_helper', 'sysrq', 'kcore', 'disk by mknod', 'cgroup', 'mount', 'remount', 'new namespaces'],
  ...['trace the supervisor', 'terminal', 'kit', 'facts', '/dev/kmsg', '/dev/mem', 'abstract socket', 'keyctl', 'bpf', 'userfaultfd'],
  'open_by_handle_at',
];

const PROGRAM = new URL('../support/waysout.py', import.meta.url);

describeWithEngine('ways out of a container', () => {
  let image: string;
  let saved: string;
  let root: string;
  let secret: string;
  let server: Server;
  const name = `pyshrink-way-${process.pid}`;

  beforeAll(async () => {
    const program = readFileSync(PROGRAM, 'utf8');
    image = await buildImage(`FROM ${DEBIAN}\nCOPY waysout.py /srv/\n`, { 'waysout.py': program });
    root = await exportedRoot(image);
    saved = join(workdir(), 'image.tar');
    await docker('save', '-o', saved, image);
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-secret-'));
    execFileSync('chmod', ['a+rx', folder, root]);
    secret = join(folder, 'secret');
    writeFileSync(secret, SECRET, { mode: 0o644 });
    server = createServer().listen(`\0${name}`);
  });
  afterAll(() => server.close());

  const open = (text: string) => Object.entries(JSON.parse(text)).flatMap(([way, worked]) => (worked ? [way] : []));
  const command = (end = '-', ...ways: string[]) => [
    '/usr/bin/python3',
    '/srv/waysout.py',
    secret,
    String(process.pid),
    name,
    end,
    ...ways,
  ];

  it('this computer has what the ways lead to', () => {
    expect(readFileSync(secret, 'utf8')).toBe(SECRET);
    expect(server.listening).toBe(true);
  });

  /** What a container that Docker does not confine finds. It gets a copy of the folder of probes, which it may write to. */
  const unconfined = async (options: string[], ...ways: string[]): Promise<Record<string, boolean | null>> => {
    const probes = workdir();
    for (const path of ['pyshrink_probes/supervisor.py', 'observations/facts-ways-app.jsonl']) {
      mkdirSync(dirname(join(probes, path)), { recursive: true });
      writeFileSync(join(probes, path), '');
    }
    const run = ['run', '--rm', '-t', '-v', `${probes}:/.pyshrink`, ...UNCONFINED, ...options, image, ...command('-', ...ways)];
    return JSON.parse(await docker(...run));
  };

  it('the ways are open where nothing closes them', async () => {
    // With a process table of its own, so that it does not trace the first process of this computer.
    const found = await unconfined(['--init', '--network', 'host']);
    const absent = (way: string) => found[way] === null || (way === 'disk by mknod' && !canReadDisks());
    expect(Object.keys(found).filter((way) => found[way])).toEqual(
      expect.arrayContaining(OPEN_TO_UNCONFINED.filter((way) => !absent(way))),
    );
    const paths = {
      uevent_helper: '/sys/kernel/uevent_helper',
      sysrq: '/proc/sysrq-trigger',
      kcore: '/proc/kcore',
    };
    for (const [way, path] of Object.entries(paths)) expect(found[way] === null, way).toBe(!existsSync(path));
    const mayLack = ['uevent_helper', 'sysrq', 'kcore', '/dev/kmsg', '/dev/mem', 'disk by mknod', 'userfaultfd', 'keyctl', 'bpf'];
    expect(mayLack).toEqual(expect.arrayContaining(Object.keys(found).filter(absent)));
    const outside = ['/proc/PID/root', 'trace a process outside'];
    expect(await unconfined(['--pid', 'host'], ...outside)).toEqual(Object.fromEntries(outside.map((way) => [way, true])));
  });

  needing('root')('a root directory that is only changed by chroot(2) leaves ways open', async () => {
    const ways = ['double chroot', 'open descriptors'];
    const script = 'mount -t proc proc "$1/proc"; exec 9</; exec chroot "$@"';
    const run = await execa('unshare', ['--mount', '--pid', '--fork', 'sh', '-c', script, 'sh', root, ...command('-', ...ways)]);
    expect(JSON.parse(run.stdout)).toEqual(Object.fromEntries(ways.map((way) => [way, true])));
  });

  /** The helper's processes, by what is mounted where they run. */
  const helperOf = (session: Session) =>
    readdirSync('/proc').filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return line.includes('server') && readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(session.id);
      } catch {
        return false; // no process, or one that has ended
      }
    });

  /** Runs a command of the image, does something while it runs, and returns what it prints. */
  const running = async (
    [session, info]: readonly [Session, ImageInfo, ...unknown[]],
    args: string[],
    run: Partial<RunOptions>,
    use?: (app: WatchedApp) => Promise<void>,
  ) => {
    try {
      const helper = await Helper.start(session, info);
      if (session.engine === 'local') {
        const statuses = helperOf(session).map((pid) => readFileSync(`/proc/${pid}/status`, 'utf8'));
        expect(statuses.length).toBeGreaterThan(0);
        for (const status of statuses) expect(status).toMatch(/^Seccomp:\t2$/m);
        if (!session.features.runtime) for (const status of statuses) expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      }
      const app = await WatchedApp.start(session, {
        image: info.id,
        config: info.config,
        args,
        run: { ...PLAIN_RUN, ...run },
        volume: helper.volume,
        kit: await helper.kitFor(info.id),
        name: 'ways',
      });
      await use?.(app);
      expect(await app.ended, app.stderr.bytes.toString()).toBe(0);
      const { facts, imports, lacks } = await app.observed();
      // Only the app's own: it may forge those of commands beside it.
      const mark = args.includes(END) ? END : args[0];
      const own = facts.find(({ observations }) => observations.some(({ path }) => path === mark));
      const paths = own?.observations.map(({ path }) => path) ?? [];
      expect([own?.exit, lacks, paths.includes(args[0] as string), paths.includes('/forged')]).toEqual([0, undefined, true, false]);
      expect([...imports.modules.keys()]).not.toContain('secret_module');
      expect(readFileSync(secret, 'utf8')).toBe(SECRET);
      return app.stdout.bytes.toString();
    } finally {
      await session.close();
    }
  };

  /** The open ways of the app, of a command beside it, and of a process that runs as the relay does. */
  const everyWay = async (session: readonly [Session, ImageInfo, ...unknown[]], run: Partial<RunOptions>) => {
    const found: string[][] = [];
    const stdout = await running(session, command(END), { network: 'none', ...run }, async (app) => {
      while (app.stdout.bytes.length === 0) await sleep(20);
      found.push(open(await asRelay(app, command())));
      found.push(open((await app.exec(command())).stdout.bytes.toString()));
      await asRelay(app, ['/usr/bin/touch', END]);
    });
    return [open(stdout), ...found];
  };

  /** What a command prints that is started as the relay is: in the container, without a supervisor. */
  const asRelay = async (app: WatchedApp, line: string[]) => {
    const { stdin, stdout, stderr } = await app.container.exec(line);
    stdin.end();
    stderr.resume();
    return text(stdout);
  };

  const kinds: [NamespaceSupport, ...Need[]][] = [
    [{ user: 'identity', overlay: 'kernel' }],
    [{ user: 'root', overlay: 'kernel' }],
    [{ user: 'bubblewrap', overlay: 'kernel' }, 'program bwrap'],
    [{ user: 'identity', overlay: 'fuse' }, 'program fuse-overlayfs'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'crun' }, 'program crun'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'runc', cgroups: true }, 'program runc'],
    [{ user: 'root', overlay: 'kernel', runtime: 'runc', cgroups: true }, 'program runc'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'youki', cgroups: true }, 'program youki'],
  ];
  for (const [support, ...needs] of kinds)
    needing('root', ...needs)(`of the local engine, as root: ${JSON.stringify(support)}`, async () => {
      const [app, ...beside] = await everyWay(await localSession(support, root), {});
      expect(app).toEqual([]);
      expect(beside).toEqual([[], []]);
    });

  const runs: Partial<RunOptions>[] = [
    { user: '0:0' },
    { user: '65534:65534' },
    { user: '0:0', init: true },
    { user: '65534:65534', init: true },
  ];
  // Without root, a service takes long to take an image: one run there.
  const onDaemons = DAEMONS.flatMap(([name, host]) =>
    (name === 'Podman without root' ? runs.slice(0, 1) : runs).map((run) => [name, run, host] as const),
  );
  it.each(onDaemons)('of %s, with %j', async (_, run, host) => {
    expect(await everyWay(await daemonSession(host, image, saved), run)).toEqual([[], [], []]);
  });

  const trusted: [NamespaceSupport, ...Need[]][] = [
    [{ user: 'identity', overlay: 'kernel' }],
    [{ user: 'root', overlay: 'kernel' }],
    [{ user: 'bubblewrap', overlay: 'kernel' }, 'program bwrap'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'crun' }, 'program crun'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'runc', cgroups: true }, 'program runc'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'youki', cgroups: true }, 'program youki'],
  ];
  const noProgram = async (support: NamespaceSupport) => {
    const planted = mkdtempSync(join(tmpdir(), 'pyshrink-planted-'));
    for (const program of ['nsenter', 'setpriv', 'chroot', 'unshare', 'mount', 'env'])
      writeFileSync(join(planted, program), `#!/bin/sh\ntouch ${planted}/ran\n`, { mode: 0o755 });
    const value = `value-${process.pid}`;
    // What a shell and the dynamic loader would run.
    writeFileSync(join(planted, 'shell'), `touch ${planted}/ran\n`);
    if (has('program cc')) {
      const source = `#include <fcntl.h>\n__attribute__((constructor)) static void run(void) { open("${planted}/ran", O_CREAT | O_WRONLY, 0600); }`;
      execFileSync('cc', ['-shared', '-fPIC', '-x', 'c', '-', '-o', join(planted, 'library.so')], { input: source });
    }
    const env = [
      ...[`PATH=${planted}:/usr/bin:/bin`, `LD_PRELOAD=${planted}/library.so`, `BASH_ENV=${planted}/shell`, `ENV=${planted}/shell`],
      ...[`TOKEN=${value}`, `odd.name=${value}`],
    ];
    const wait = [
      '/usr/bin/python3',
      '-c',
      'import os, sys; print(os.environ["odd.name"]); sys.stdout.flush(); os.read(os.open("/srv/end", 0), 1)',
    ];
    rmSync(join(root, 'srv/end'), { force: true });
    execFileSync('mkfifo', ['-m', '666', join(root, 'srv/end')]);
    const print = ['/usr/bin/python3', '-c', 'import os; print(os.environ["TOKEN"], os.environ["odd.name"])'];
    const session = await localSession(support, root);
    const stdout = await running(session, wait, { env }, async (app) => {
      const printed = await app.exec(print);
      expect(printed.stdout.bytes.toString(), printed.stderr.bytes.toString()).toBe(`${value} ${value}\n`);
      expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(value);
      const holders = readdirSync(session[2].path)
        .filter((name) => name.startsWith('container-'))
        .flatMap((name) => readdirSync(join(session[2].path, name)).map((file) => join(session[2].path, name, file)))
        .filter((path) => /\.(json|sh)$/.test(path));
      expect(holders.length).toBeGreaterThan(support.runtime ? 3 : 2);
      for (const path of holders) expect((statSync(path).mode & 0o777).toString(8), path).toBe('600');
      await asRelay(app, ['/usr/bin/python3', '-c', 'open("/srv/end", "w").write("x")']);
    });
    expect(stdout).toBe(`${value}\n`);
    expect(existsSync(join(planted, 'ran'))).toBe(false);
  };
  for (const [support, ...needs] of trusted)
    needing('root', ...needs)(
      `no program of this computer is found by the image's path, and no command line shows a value: ${JSON.stringify(support)}`,
      () => noProgram(support),
    );

  for (const runtime of ['none', 'crun', 'runc'])
    needing(
      'root',
      'program script',
      ...(runtime === 'none' ? [] : [`program ${runtime}` as const]),
    )(`of the terminal in which pyshrink runs: ${runtime}`, async () => {
      const cwd = workdir();
      const args = ['trace', `rootfs:${root}`, '--engine', 'local', '--', ...command('-', 'terminal')];
      const line = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ');
      const env = { ...ownCache(), PYSHRINK_RUNTIME: runtime };
      const run = await execa('script', ['-qec', line, '/dev/null'], { cwd, env, reject: false, all: true });
      expect(run.exitCode, run.all).toBe(0);
      expect(printed(cwd)).toBe('{"terminal": false}\n');
    });

  for (const user of [USER, 'nobody'])
    for (const [runtime, ...needs] of USER_RUNTIMES)
      needing(`user ${user}`, ...needs)(`of the local engine, as the user ${user}, with the runtime ${runtime}`, async () => {
        const exercise = join(workdir(), 'exercise.yaml');
        writeFileSync(exercise, JSON.stringify({ steps: [{ log: 'open_by_handle_at' }, { exec: command() }] }));
        const options = ['--engine', 'local', '--network', 'none', '--exercise', exercise];
        const args = ['trace', `rootfs:${root}`, ...options, '--', ...command(END)]; // nobody makes this file: the app is stopped
        const { run, home } = await asUser(user, args, { env: { PYSHRINK_RUNTIME: runtime } });
        expect(run.exitCode, run.all).toBe(0);
        expect(open(printed(home))).toEqual([]);
        const answers = answersBelow(home);
        expect(answers).toMatchObject([{ kind: 'log' }, { kind: 'exec', exit: 0 }]);
        const [, beside] = answers;
        expect(open(Buffer.from(beside?.kind === 'exec' ? beside.stdout : '', 'base64').toString())).toEqual([]);
      });
});
