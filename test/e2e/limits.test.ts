import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import { canMakeGroups } from '../../src/engines/local/cgroups.js';
import { LocalEngine } from '../../src/engines/local/local.js';
import type { NamespaceSupport } from '../../src/engines/local/namespaces.js';
import { LocalSession } from '../../src/engines/local/session.js';
import { PLAIN_RUN, type RunOptions } from '../../src/engines/runoptions.js';
import { SessionFolder } from '../../src/engines/sessionfolder.js';
import { Helper } from '../../src/guest/helper.js';
import { WatchedApp } from '../../src/watching/watched.js';
import { DEBIAN, describeWithEngine, docker, workdir } from '../support/engine.js';
import { exportedRoot } from '../support/local.js';
import { has, skipped } from '../support/needs.js';
import { DAEMONS, daemonSession, localSession } from '../support/sessions.js';

const MOUNT = '/sys/fs/cgroup';
const ROOT = process.getuid?.() === 0 && (await canMakeGroups(`test-${process.pid}`));

/** Directories in a directory, which may be missing. */
function directories(path: string): string[] {
  return existsSync(path)
    ? readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(path, entry.name)] : []))
    : [];
}

/** Starts children that sleep until it can't, and prints how many there are. */
const FORK_BOMB = `
import os, time
children = []
try:
    while len(children) < 500:
        pid = os.fork()
        if pid == 0:
            time.sleep(600)
        children.append(pid)
except OSError:
    pass
print(len(children), flush=True)
`;
/** A child takes memory without end. Prints the signal that ends it. */
const GREEDY = `
import os
pid = os.fork()
if pid == 0:
    taken = []
    while True:
        taken.append(bytearray(1 << 20))
print(os.waitpid(pid, 0)[1] & 127, flush=True)
`;
const GROUP = 'print(open("/proc/self/cgroup").read(), flush=True)';

describeWithEngine('limits of the local engine', () => {
  let root: string;
  beforeAll(async () => {
    root = await exportedRoot(DEBIAN);
  });

  const ways: [string, NamespaceSupport][] = [
    ['namespaces', { user: 'identity', overlay: 'kernel', cgroups: true }],
    ['crun', { user: 'identity', overlay: 'kernel', cgroups: true, runtime: 'crun' }],
    ['runc', { user: 'identity', overlay: 'kernel', cgroups: true, runtime: 'runc' }],
    ['youki', { user: 'identity', overlay: 'kernel', cgroups: true, runtime: 'youki' }],
  ];
  const possible = ways.filter(([name]) => ROOT && (name === 'namespaces' || has(`program ${name}`)));

  /** Runs a program of Python in a container, and uses it. Checks that its control group is gone afterwards. */
  const running = async (support: NamespaceSupport, run: Partial<RunOptions>, code: string, use: (app: WatchedApp) => Promise<void>) =>
    runningIn(await localSession(support, root), run, code, use);

  const runningIn = async (
    [session, info]: readonly [Session, ImageInfo, ...unknown[]],
    run: Partial<RunOptions>,
    code: string,
    use: (app: WatchedApp) => Promise<void>,
  ) => {
    try {
      const helper = await Helper.start(session, info);
      const app = await WatchedApp.start(session, {
        image: info.id,
        config: info.config,
        args: ['/usr/bin/python3', '-c', code],
        run: { ...PLAIN_RUN, ...run },
        volume: helper.volume,
        kit: await helper.kitFor(info.id),
        name: 'limited',
      });
      await use(app);
    } finally {
      await session.close();
    }
    const left = readdirSync(MOUNT).filter((name) => existsSync(join(MOUNT, name, 'pyshrink', session.id)));
    expect(left).toEqual([]);
  };

  const printing = async (app: WatchedApp) => {
    while (app.stdout.bytes.length === 0) await new Promise((go) => setTimeout(go, 20));
  };

  if (possible.length === 0) skipped('limits of a control group', 'control groups can not be made here, or no root');
  const bombed = async (app: WatchedApp) => {
    await printing(app);
    const children = Number(app.stdout.bytes.toString());
    expect(children).toBeGreaterThan(20);
    expect(children).toBeLessThan(40);
    await app.stop();
  };
  it.each(possible)('a fork bomb gets no further than --pids-limit: %s', async (_, support) => {
    await running(support, { pidsLimit: 40 }, FORK_BOMB, bombed);
  });

  // Without root, Podman sets no limits where control groups are of version 1.
  const limiting = DAEMONS.filter(([name]) => name !== 'Podman without root');
  it.each(limiting)('a fork bomb gets no further than --pids-limit: %s', async (_, host) => {
    const saved = join(workdir(), 'image.tar');
    await docker('save', '-o', saved, DEBIAN);
    await runningIn(await daemonSession(host, DEBIAN, saved), { pidsLimit: 40 }, FORK_BOMB, bombed);
  });

  it.each(possible)('a command beside the app has the same control group: %s', async (_, support) => {
    await running(support, { memory: 1 << 28 }, `${GROUP}\nimport time; time.sleep(600)`, async (app) => {
      await printing(app);
      const { stdout } = await app.exec(['/usr/bin/python3', '-c', GROUP]);
      const groups = (bytes: Buffer) =>
        bytes
          .toString()
          .split('\n')
          .filter((line) => line.includes('/pyshrink/'));
      expect(groups(stdout.bytes).length).toBeGreaterThan(0);
      expect(groups(stdout.bytes)).toEqual(groups(app.stdout.bytes));
      await app.stop();
    });
  });

  const counting = possible.filter(([name]) => name !== 'youki'); // it removes the group that knows
  it.each(counting)('the kernel ends what takes more than --memory, and pyshrink knows it: %s', async (_, support) => {
    await running(support, { memory: 96 << 20 }, GREEDY, async (app) => {
      expect(await app.ended).toBe(0);
      expect(app.stdout.bytes.toString()).toBe('9\n');
      expect(await app.container.outOfMemory()).toBe(true);
    });
    await running(support, { memory: 1 << 28 }, 'print(1)', async (app) => {
      expect(await app.ended).toBe(0);
      expect(await app.container.outOfMemory()).toBe(false);
    });
  });

  it.skipIf(!ROOT)('a look at what works here leaves no control group', async () => {
    const groups = () => readdirSync(MOUNT).flatMap((name) => directories(join(MOUNT, name, 'pyshrink')));
    const before = groups();
    expect(await new LocalEngine().namespaces()).toHaveProperty('cgroups', true);
    expect(groups()).toEqual(before);
  });

  it('without control groups, a limit is refused', async () => {
    const session = new LocalSession(await SessionFolder.create(), { user: 'identity', overlay: 'kernel' });
    try {
      const { id } = await session.importDirectory('rootfs:', root);
      const spec = { image: id, command: ['true'], run: { ...PLAIN_RUN, pidsLimit: 5 }, attachInput: false, volume: '' };
      await expect(session.create(spec as never)).rejects.toThrowError(
        expect.objectContaining({ exitCode: 2, message: expect.stringContaining('--pids-limit') }),
      );
    } finally {
      await session.close();
    }
  });
});
