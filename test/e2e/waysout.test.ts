import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import type { NamespaceSupport } from '../../src/engines/local/namespaces.js';
import { LocalSession } from '../../src/engines/local/session.js';
import { PLAIN_RUN, type RunOptions } from '../../src/engines/runoptions.js';
import { SessionFolder } from '../../src/engines/sessionfolder.js';
import { Helper } from '../../src/guest/helper.js';
import { openDockerArchive } from '../../src/images/transports/dockerarchive/source.js';
import { WatchedApp } from '../../src/watching/watched.js';
import { buildImage, DEBIAN, describeWithEngine, docker, workdir } from '../support/engine.js';
import { asUser, exportedRoot, printed, USER, USER_RUNTIMES } from '../support/local.js';
import { type Need, needing } from '../support/needs.js';
import { ROOTFUL } from '../support/podman.js';

/** What Podman's default seccomp profile allows (containers/common, pkg/seccomp). A container has a session keyring of its own. */
const PODMAN_ALLOWS = ['keyctl'];

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
    writeFileSync(secret, 'secret', { mode: 0o644 });
    server = createServer().listen(`\0${name}`);
  });
  afterAll(() => server.close());

  const open = (text: string) => Object.entries(JSON.parse(text)).flatMap(([way, worked]) => (worked ? [way] : []));
  const command = () => ['/usr/bin/python3', '/srv/waysout.py', secret, String(process.pid), name];

  it('this computer has what the ways lead to', () => {
    expect(readFileSync(secret, 'utf8')).toBe('secret');
    expect(server.listening).toBe(true);
  });

  const local = async (support: NamespaceSupport): Promise<[Session, ImageInfo]> => {
    const session = new LocalSession(await SessionFolder.create(), support);
    return [session, await session.importDirectory('rootfs:', root)];
  };

  /** A session of the Docker daemon, or of the one that DOCKER_HOST names. */
  const daemon = async (host?: string): Promise<[Session, ImageInfo]> => {
    vi.stubEnv('DOCKER_HOST', host);
    const session = await (await DockerEngine.open().finally(() => vi.unstubAllEnvs())).openSession();
    return [session, await session.importImage(await openDockerArchive(image, saved, undefined, () => session.spool()))];
  };

  /** Runs a command of the image, does something while it runs, and returns what it prints. */
  const running = async (
    [session, info]: [Session, ImageInfo],
    args: string[],
    run: Partial<RunOptions>,
    use?: (app: WatchedApp) => Promise<void>,
  ) => {
    try {
      const helper = await Helper.start(session, info);
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
      const { facts, lacks } = await app.observed();
      const paths = facts.flatMap(({ observations }) => observations.map(({ path }) => path));
      expect([facts[0]?.exit, lacks, paths.includes(args[0] as string), paths.includes('/forged')]).toEqual([0, undefined, true, false]);
      return app.stdout.bytes.toString();
    } finally {
      await session.close();
    }
  };

  const kinds: [NamespaceSupport, ...Need[]][] = [
    [{ user: 'identity', overlay: 'kernel' }],
    [{ user: 'root', overlay: 'kernel' }],
    [{ user: 'bubblewrap', overlay: 'kernel' }, 'program bwrap'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'crun' }, 'program crun'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'runc', cgroups: true }, 'program runc'],
    [{ user: 'root', overlay: 'kernel', runtime: 'runc', cgroups: true }, 'program runc'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'youki', cgroups: true }, 'program youki'],
  ];
  for (const [support, ...needs] of kinds)
    needing('root', ...needs)(`of the local engine, as root: ${JSON.stringify(support)}`, async () => {
      expect(open(await running(await local(support), command(), { network: 'none' }))).toEqual([]);
    });

  const daemons: [name: string, host?: string][] = [
    ['Docker'],
    ...(ROOTFUL === undefined ? [] : [['Podman', `unix://${ROOTFUL}`] as [string, string]]),
  ];
  const runs: Partial<RunOptions>[] = [
    { user: '0:0' },
    { user: '65534:65534' },
    { user: '0:0', init: true },
    { user: '65534:65534', init: true },
  ];
  it.each(daemons.flatMap(([name, host]) => runs.map((run) => [name, run, host] as const)))('of %s, with %j', async (name, run, host) => {
    const allowed = name === 'Podman' ? PODMAN_ALLOWS : [];
    expect(open(await running(await daemon(host), command(), { network: 'none', ...run }))).toEqual(allowed);
  });

  const trusted: [NamespaceSupport, ...Need[]][] = [
    [{ user: 'identity', overlay: 'kernel' }],
    [{ user: 'identity', overlay: 'kernel', runtime: 'crun' }, 'program crun'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'runc', cgroups: true }, 'program runc'],
    [{ user: 'identity', overlay: 'kernel', runtime: 'youki', cgroups: true }, 'program youki'],
  ];
  const noProgram = async (support: NamespaceSupport) => {
    const planted = mkdtempSync(join(tmpdir(), 'pyshrink-planted-'));
    for (const program of ['nsenter', 'setpriv', 'chroot', 'unshare', 'mount', 'env'])
      writeFileSync(join(planted, program), `#!/bin/sh\ntouch ${planted}/ran\n`, { mode: 0o755 });
    const value = `value-${process.pid}`;
    const env = [`PATH=${planted}:/usr/bin:/bin`, `TOKEN=${value}`, `odd.name=${value}`];
    const wait = [
      '/usr/bin/python3',
      '-c',
      'import os, sys; print(os.environ["odd.name"]); sys.stdout.flush(); os.read(os.open("/srv/end", 0), 1)',
    ];
    rmSync(join(root, 'srv/end'), { force: true });
    execFileSync('mkfifo', ['-m', '666', join(root, 'srv/end')]);
    const print = ['/usr/bin/python3', '-c', 'import os; print(os.environ["TOKEN"], os.environ["odd.name"])'];
    const stdout = await running(await local(support), wait, { env }, async (app) => {
      expect((await app.exec(print)).stdout.bytes.toString()).toBe(`${value} ${value}\n`);
      expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(value);
      await app.exec(['/usr/bin/python3', '-c', 'open("/srv/end", "w").write("x")']);
    });
    expect(stdout).toBe(`${value}\n`);
    expect(existsSync(join(planted, 'ran'))).toBe(false);
  };
  for (const [support, ...needs] of trusted)
    needing('root', ...needs)(
      `no program of this computer is found by the image's path, and no command line shows a value: ${JSON.stringify(support)}`,
      () => noProgram(support),
    );

  for (const user of [USER, 'nobody'])
    for (const [runtime, ...needs] of USER_RUNTIMES)
      needing(`user ${user}`, ...needs)(`of the local engine, as the user ${user}, with the runtime ${runtime}`, async () => {
        const args = ['trace', `rootfs:${root}`, '--engine', 'local', '--network', 'none', '--', ...command()];
        const { run, home } = await asUser(user, args, { env: { PYSHRINK_RUNTIME: runtime } });
        expect(run.exitCode, run.all).toBe(0);
        expect(open(printed(home))).toEqual([]);
      });
});
