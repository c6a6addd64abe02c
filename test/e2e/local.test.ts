import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NamespaceSupport } from '../../src/engines/local/namespaces.js';
import { LocalSession } from '../../src/engines/local/session.js';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import { SessionFolder } from '../../src/engines/sessionfolder.js';
import { Helper } from '../../src/guest/helper.js';
import { WatchedApp } from '../../src/watching/watched.js';
import { buildSmallImage, describeWithEngine, docker, leftovers, pyshrink, workdir } from '../support/engine.js';
import { layerTar, ociLayout } from '../support/image.js';
import { asUser, exportedRoot, ownCache, printed, sessions, tracesOf, USER, USER_RUNTIMES } from '../support/local.js';
import { type Need, needing } from '../support/needs.js';

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
/**
 * Prints how its process was started, so that both engines can be compared. crun makes the link /dev/core always, runc only
 * where /proc/kcore exists.
 */
const SELF = `
import json, os, resource, sys
def written(path):
    try:
        open(path, "w").write("x")
        return True
    except OSError as error:
        return error.strerror
status = open("/proc/self/status").read().splitlines()
print(json.dumps({
    "ids": [os.getuid(), os.getgid(), os.geteuid(), sorted(os.getgroups())],
    "cwd": os.getcwd(), "umask": os.umask(0), "argv": sys.argv[1:],
    "environment": {key: value for key, value in sorted(os.environ.items()) if key != "HOSTNAME"},
    "capabilities": [line for line in status if line.startswith(("Cap", "SigPnd", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs"))],
    "written": [written("/x"), written("/tmp/x"), written("/data/x"), written("/mnt/x")],
    "data": sorted(os.listdir("/data")), "dev": sorted(set(os.listdir("/dev")) - {"core"}), "pid": len(os.listdir("/proc/1/task")),
    "descriptors": sorted(os.listdir("/proc/self/fd")), "hosts": "db" in open("/etc/hosts").read().split(), "hostname": os.uname().nodename,
    "shm": os.statvfs("/dev/shm").f_blocks, "stdin": os.readlink("/proc/self/fd/0"), "first": os.getppid(),
}))
`;

/** Appended to a module that the helper imports: from then on, one file is read in the place of another. */
const LIAR = `
import builtins
true_open = builtins.open
builtins.open = lambda path, *rest, **more: true_open("/srv/evil.py" if path == "/srv/app.py" else path, *rest, **more)
`;

const image = () =>
  buildSmallImage(
    'COPY self.py /srv/self.py\nRUN useradd -u 1234 -G audio app && mkdir /data && echo hi > /data/x && chown -R app /data\n' +
      'USER app\nWORKDIR /home/app/new\nVOLUME /data\nENV A=1\nCMD ["python3", "/srv/self.py"]\n',
    { 'self.py': SELF },
  );

describeWithEngine('the local engine', () => {
  let root: string;
  let archive: string;

  beforeAll(async () => {
    const name = await image();
    root = await exportedRoot(name);
    archive = join(workdir(), 'image.tar');
    await docker('save', name, '-o', archive);
    chmodSync(archive, 0o644);
  });

  const ways: [name: string, options: string[]][] = [
    ['as the image says', []],
    ['read-only, without network and capabilities', ['--read-only', '--network', 'none', '--cap-drop', 'ALL', '--tmpfs', '/tmp']],
    ['as root in /srv', ['-u', 'root', '-w', '/srv', '-e', 'B=2', '--hostname', 'box', '--cap-add', 'NET_ADMIN', '--shm-size', '16m']],
    ['as an unknown user', ['-u', '4321:99', '--group-add', 'audio', '--add-host', 'db:10.0.0.1', '-v', '/etc:/mnt:ro']],
  ];
  for (const [way, options] of ways)
    needing('root')(`runs a container as Docker does: ${way}`, async () => {
      const [theirs, ours] = [workdir(), workdir()];
      const cache = ownCache();
      const host = options.includes('--hostname') ? [] : ['--hostname', 'same'];
      const one = await pyshrink(['trace', await image(), '--engine', 'docker', ...options, ...host], { cwd: theirs });
      const two = await pyshrink(['trace', `docker-archive:${archive}`, '--engine', 'local', ...options, ...host], {
        cwd: ours,
        env: cache,
      });
      expect([one.exitCode, two.exitCode], `${one.all}${two.all}`).toEqual([0, 0]);
      expect(printed(ours)).toBe(printed(theirs));
      expect(sessions(cache)).toEqual([]);
    });

  needing(`user ${USER}`)('works for an ordinary user, and keeps the owners of the image', async () => {
    const { run, home, sessions: left } = await asUser(USER, ['shrink', `docker-archive:${archive}`, '--output', 'rootfs:small']);
    expect(run.exitCode, run.all).toBe(0);
    expect(run.stdout).toMatch(/Run by the local engine: (namespaces|crun|runc|youki) as an ordinary user, with other users' ids/);
    expect(JSON.parse(printed(home)).ids.slice(0, 3)).toEqual([1234, 1234, 1234]);
    expect(existsSync(join(home, 'small/srv/self.py'))).toBe(true);
    expect(left).toEqual([]);
  });

  needing('user nobody')('works for a user without subordinate ids, as root inside the container', async () => {
    const { run, home, sessions: left } = await asUser('nobody', ['trace', `docker-archive:${archive}`]);
    expect(run.exitCode, run.all).toBe(0);
    expect(JSON.parse(printed(home)).ids[0]).toBe(0);
    expect(run.all).toContain('only one user');
    expect(left).toEqual([]);
  });

  needing('user nobody')('doctor says how containers are isolated, and what a user without subordinate ids may install', async () => {
    const { run } = await asUser('nobody', ['doctor', '--json'], { env: { PYSHRINK_RUNTIME: 'none' } });
    const { checks } = JSON.parse(run.stdout) as { checks: Record<string, unknown>[] };
    expect(checks.find(({ name }) => name === 'local engine')).toEqual({
      name: 'local engine',
      ok: true,
      detail: expect.stringMatching(/^namespaces (as an ordinary user, who is the only one inside|by bubblewrap), /),
      remedy: 'For images with several users, install uidmap and give yourself ranges in /etc/subuid and /etc/subgid.',
    });
  });

  /** Starts a trace that takes minutes, and waits until its app runs. */
  const running = async (cache: { PYSHRINK_CACHE: string }) => {
    const command = ['/usr/bin/python3', '-c', `import time; time.sleep(300) # ${cache.PYSHRINK_CACHE}`];
    const args = [CLI, 'trace', `rootfs:${root}`, '--engine', 'local', '--wait', '300', '--', ...command];
    const run = execa(process.execPath, args, { cwd: workdir(), reject: false, env: cache });
    while (!tracesOf(cache.PYSHRINK_CACHE).some((line) => line.startsWith(command.slice(0, 2).join(' ')))) await sleep(50);
    return { run };
  };

  it('leaves no process or mount behind when it is killed, and doctor --clean removes its folder', async () => {
    const cache = ownCache();
    const { run } = await running(cache);
    run.kill('SIGKILL');
    await run;
    while (tracesOf(cache.PYSHRINK_CACHE).length > 0) await sleep(50); // the test times out if the kernel leaves any
    expect(sessions(cache)).toHaveLength(1);
    const next = await pyshrink(['doctor', '--clean', '--json'], { env: cache });
    expect(JSON.parse(next.stdout as string).removed).toEqual([expect.stringContaining('session')]);
    expect(sessions(cache)).toEqual([]);
  });

  for (const [runtime, ...needs] of USER_RUNTIMES)
    needing(`user ${USER}`, ...needs)(`leaves no process behind when it is killed as an ordinary user: ${runtime}`, async () => {
      const marker = `killed-${process.pid}-${runtime}`;
      const command = ['/usr/bin/python3', '-c', `import time; time.sleep(300) # ${marker}`];
      const started = asUser(USER, ['trace', `rootfs:${root}`, '--engine', 'local', '--wait', '300', '--', ...command], {
        env: { PYSHRINK_RUNTIME: runtime },
      });
      while (!tracesOf(marker).some((line) => line.startsWith('/usr/bin/python3'))) await sleep(50);
      const lines = execFileSync('ps', ['-eo', 'pid,args']).toString().split('\n');
      const own = lines.find((line) => line.includes(marker) && line.includes('cli.js trace')) as string;
      process.kill(Number.parseInt(own, 10), 'SIGKILL');
      await started;
      while (tracesOf(marker).length > 0) await sleep(50); // the test times out if the kernel leaves any
    });

  needing('user nobody')('doctor --clean also works for a user without subordinate ids', async () => {
    const { run } = await asUser('nobody', ['doctor', '--clean', '--json']);
    expect(JSON.parse(run.stdout).checks).toContainEqual(expect.objectContaining({ name: 'local engine', ok: true }));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s removes everything and ends with status 130', async (signal) => {
    const cache = ownCache();
    const { run } = await running(cache);
    run.kill(signal);
    expect((await run).exitCode).toBe(130);
    expect(sessions(cache)).toEqual([]);
    expect(tracesOf(cache.PYSHRINK_CACHE)).toEqual([]);
  });

  it('refuses an image of another platform', async () => {
    const foreign = ociLayout(workdir(), [{ layers: [layerTar([{ path: '/x', content: '' }])], architecture: 's390x' }]);
    const run = await pyshrink(['trace', `oci:${foreign}`, '--engine', 'local', '--', 'true'], { env: ownCache() });
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringMatching(/is for linux\/s390x, and this computer is linux\//)]);
  });

  it('does not overwrite an archive that pyshrink did not make', async () => {
    const folder = workdir();
    writeFileSync(join(folder, 'mine.tar'), readFileSync(archive).subarray(0, 5000));
    execFileSync('cp', [archive, join(folder, 'other.tar')]);
    for (const output of ['docker-archive:mine.tar', 'oci-archive:mine.tar', 'docker-archive:other.tar']) {
      const args = ['shrink', `rootfs:${root}`, '--engine', 'local', '--output', output, '--', '/usr/bin/python3', '-V'];
      const run = await pyshrink(args, { cwd: folder, env: ownCache() });
      // pyshrink made the small image of these tests, so it may replace it.
      expect([run.exitCode, run.stderr]).toEqual(
        output.endsWith('other.tar') ? [0, expect.anything()] : [1, expect.stringContaining('did not make')],
      );
    }
    expect(statSync(join(folder, 'mine.tar')).size).toBe(5000);
  });

  it('refuses an image whose Python sends other bytes of a file than the image has', async () => {
    const [tree, cwd] = [workdir(), workdir()];
    execFileSync('cp', ['-a', `${root}/.`, tree]);
    appendFileSync(join(tree, 'usr/lib/python3.11/json/__init__.py'), LIAR);
    const args = ['shrink', `rootfs:${tree}`, '--engine', 'local', '--output', 'rootfs:small', '--', '/usr/bin/python3', '/srv/app.py'];
    for (const name of ['app', 'evil']) writeFileSync(join(tree, `srv/${name}.py`), `print("${name.padEnd(4)}")\n`);
    const run = await pyshrink(args, { cwd, env: ownCache() });
    expect([run.exitCode, run.stderr]).toEqual([
      1,
      expect.stringMatching(/The original's Python has sent other bytes of \/srv\/app\.py \(sha256:.*\) than its layers have \(sha256:/),
    ]);
    expect(existsSync(join(cwd, 'small'))).toBe(false);
  });

  it('mounts through a symbolic link of the image only inside the image', async () => {
    const target = workdir();
    const tree = await exportedRoot(await image());
    rmSync(join(tree, 'srv'), { recursive: true });
    symlinkSync(target, join(tree, 'srv'));
    const print = `import os; print(os.path.exists("${target}/inside/passwd"))`;
    const cwd = workdir();
    const args = ['trace', `rootfs:${tree}`, '--engine', 'local', '-v', '/etc:/srv/inside', '--', '/usr/bin/python3', '-c', print];
    const run = await pyshrink(args, { cwd, env: ownCache() });
    expect(run.exitCode, run.all as string).toBe(0);
    expect(printed(cwd)).toBe('True\n');
    expect(statSync(target).isDirectory()).toBe(true);
    expect(existsSync(join(target, 'inside'))).toBe(false);
  });

  it.each([
    [['docker-archive:/nowhere.tar'], 2, /there is no such file/],
    [['app:1', '--engine', 'local'], 1, /is the name of an image in a Docker daemon, and none is used/],
    [['rootfs:/nowhere', '--engine', 'local'], 2, /is not a directory/],
    [['ROOT', '--engine', 'local', '--network', 'mine', '--', 'true'], 2, /the local engine knows host \(the default\), none and bridge/],
    [['ROOT', '--engine', 'local', '--security-opt', 'seccomp=x.json', '--', 'true'], 2, /the local engine has no security profiles/],
    [['host:', '--engine', 'docker', '--', 'python3', '-V'], 2, /host: is a command of this computer/],
  ] as const)('gives one clear message: %j', async (args, code, message) => {
    const run = await pyshrink(['trace', ...args.map((word) => (word === 'ROOT' ? `rootfs:${root}` : word))], { env: ownCache() });
    expect(run.exitCode, run.all as string).toBe(code);
    expect(run.all).toMatch(message);
  });

  it.each([
    ['lxc', 2, /PYSHRINK_RUNTIME=lxc names no container runtime/],
    ['youki', 1, /PYSHRINK_RUNTIME names youki, and it runs no container here: .*no luck/],
  ] as const)('an unknown or broken runtime is an error: %s', async (runtime, code, message) => {
    const cache = ownCache();
    const programs = workdir();
    writeFileSync(join(programs, 'youki'), '#!/bin/sh\necho no luck >&2\nexit 3\n', { mode: 0o755 });
    const run = await pyshrink(['trace', `rootfs:${root}`, '--engine', 'local', '--', 'true'], {
      env: { ...cache, PYSHRINK_RUNTIME: runtime, PATH: `${programs}:${process.env.PATH}` },
    });
    expect([run.exitCode, run.stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(sessions(cache)).toEqual([]);
  });

  const transports: [transport: string, ...needs: Need[]][] = [['docker-archive'], ['oci', 'program skopeo'], ['rootfs']];
  const loadable = async (transport: string) => {
    const folder = workdir();
    const layout = join(workdir(), 'layout');
    if (transport === 'oci')
      execFileSync('skopeo', ['--insecure-policy', 'copy', `docker-archive:${archive}`, `oci:${layout}:1`], { stdio: 'pipe' });
    const name = { 'docker-archive': `docker-archive:${archive}`, oci: `oci:${layout}:1`, rootfs: `rootfs:${root}` }[transport] as string;
    const run = await pyshrink(
      [
        'shrink',
        name,
        '--engine',
        'docker',
        '--output',
        'oci-archive:small.tar',
        '--',
        '/usr/bin/python3',
        '-c',
        'import json; print(json.dumps([1]))',
      ],
      { cwd: folder },
    );
    expect(run.exitCode, run.all as string).toBe(0);
    expect(printed(folder)).toBe('[1]\n');
    expect(existsSync(join(folder, 'small.tar'))).toBe(true);
    expect(await leftovers()).toEqual([]);
  };
  for (const [transport, ...needs] of transports)
    needing(...needs)(`Docker can also run an image from files: ${transport}`, () => loadable(transport));

  describe.each([
    ['no user namespace', { user: 'root', overlay: 'kernel' }, '0', []],
    ['a copy instead of overlayfs', { user: 'identity', overlay: 'copy' }, '0', []],
    ['fuse-overlayfs', { user: 'identity', overlay: 'fuse' }, '0', ['program fuse-overlayfs']],
    ['fuse-overlayfs, as another user', { user: 'identity', overlay: 'fuse' }, '65534', ['program fuse-overlayfs']],
    ['bubblewrap', { user: 'bubblewrap', overlay: 'kernel' }, '0', ['program bwrap']],
    ['crun', { user: 'identity', overlay: 'kernel', runtime: 'crun' }, '0', ['program crun']],
    ['crun with a copy', { user: 'identity', overlay: 'copy', runtime: 'crun' }, '0', ['program crun']],
    ['crun with fuse-overlayfs', { user: 'identity', overlay: 'fuse', runtime: 'crun' }, '0', ['program crun', 'program fuse-overlayfs']],
    ['runc', { user: 'identity', overlay: 'kernel', runtime: 'runc', cgroups: true }, '0', ['program runc']],
    ['youki', { user: 'identity', overlay: 'kernel', runtime: 'youki', cgroups: true }, '0', ['program youki']],
    ['runc without a user namespace', { user: 'root', overlay: 'kernel', runtime: 'runc', cgroups: true }, '0', ['program runc']],
  ] as [string, NamespaceSupport, string, Need[]][])('with another way: %s', (_, support, user, needs) => {
    needing('root', ...needs)('changes stay in the container', async () => {
      const session = new LocalSession(await SessionFolder.create(), support);
      try {
        const info = await session.importDirectory('rootfs:', root);
        const helper = await Helper.start(session, info);
        const spec = {
          image: info.id,
          config: info.config,
          args: ['python3', '-c', 'open("/tmp/new", "w").write("x"); print(open("/srv/self.py").read()[:7])'],
          run: { ...PLAIN_RUN, user },
          volume: helper.volume,
          kit: await helper.kitFor(info.id),
          name: 'first',
        };
        const app = await WatchedApp.start(session, spec);
        expect(await app.ended).toBe(0);
        expect(app.stdout.bytes.toString().trim()).toBe('import');
        const serving = await WatchedApp.start(session, {
          ...spec,
          args: ['python3', '-c', 'import time; time.sleep(60)'],
          name: 'second',
        });
        const list =
          'import glob, os; print(os.path.exists("/srv/self.py"), *sorted({open(at).read().strip() for at in glob.glob("/proc/[0-9]*/comm")}))';
        const inside = await serving.exec(['python3', '-c', list]);
        // Only the supervisor runs beside the app: other programs would get the signals that are for all processes.
        expect(inside.stdout.bytes.toString()).toMatch(/^True (ld\.so )?python3\n$/);
        await serving.stop();
        expect(existsSync(join(root, 'tmp/new'))).toBe(false);
      } finally {
        await session.close();
      }
    });
  });

  needing('root')('without user namespaces, doctor gives a remedy, and host: can still be traced', async () => {
    const folder = workdir();
    writeFileSync(join(folder, 'app.py'), 'import json\nprint(json.dumps({"a": 1}))\n');
    const args = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs', process.execPath, CLI];
    const closed = (...more: string[]) =>
      execa(
        'unshare',
        ['--user', '--map-root-user', 'sh', '-c', 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"', 'sh', ...args, ...more],
        { cwd: folder, reject: false, all: true, env: { ...ownCache(), DOCKER_HOST: 'unix:///nowhere' } },
      );
    const doctor = await closed('doctor', '--json');
    expect(JSON.parse(doctor.stdout).checks).toContainEqual(
      expect.objectContaining({ name: 'local engine', ok: false, remedy: expect.stringContaining('sysctl') }),
    );
    const traced = await closed('trace', 'host:', '--', 'python3', 'app.py');
    expect(traced.exitCode, traced.all).toBe(0);
    expect(printed(folder)).toBe('{"a": 1}\n');
    const shrunk = await closed('shrink', 'host:', '--', 'python3', 'app.py');
    expect(shrunk.exitCode).toBe(1);
    expect(shrunk.stderr).toMatch(/No containers can be run on this computer: .*\n.*user namespaces/);
    expect(readFileSync('/proc/sys/user/max_user_namespaces', 'utf8').trim()).not.toBe('0');
  });
});
