import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NamespaceSupport } from '../../src/engines/local/namespaces.js';
import { LocalSession } from '../../src/engines/local/session.js';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import { SessionFolder } from '../../src/engines/sessionfolder.js';
import { Helper } from '../../src/guest/helper.js';
import { WatchedApp } from '../../src/watching/watched.js';
import { buildImage, DEBIAN, describeWithEngine } from '../support/engine.js';
import { asUser, exportedRoot, printed, USER } from '../support/local.js';

const PROGRAM = new URL('../support/waysout.py', import.meta.url);

describeWithEngine('ways out of a container of the local engine', () => {
  let root: string;
  let secret: string;
  let server: Server;
  const name = `pyshrink-way-${process.pid}`;

  beforeAll(async () => {
    root = await exportedRoot(await buildImage(`FROM ${DEBIAN}\nRUN mkdir /work\n`));
    cpSync(PROGRAM, join(root, 'work/waysout.py'));
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-secret-'));
    execFileSync('chmod', ['a+rx', folder, root]);
    secret = join(folder, 'secret');
    writeFileSync(secret, 'secret', { mode: 0o644 });
    server = createServer().listen(`\0${name}`);
  });
  afterAll(() => server.close());

  const open = (text: string) => Object.entries(JSON.parse(text)).flatMap(([way, worked]) => (worked ? [way] : []));
  const command = () => ['/usr/bin/python3', '/work/waysout.py', secret, String(process.pid), name];

  it('this computer has what the ways lead to', () => {
    expect(readFileSync(secret, 'utf8')).toBe('secret');
    expect(server.listening).toBe(true);
  });

  it.each([
    { user: 'identity', overlay: 'kernel' },
    { user: 'identity', overlay: 'copy' },
    { user: 'root', overlay: 'kernel' },
    { user: 'bubblewrap', overlay: 'kernel' },
  ] as NamespaceSupport[])('as root: %j', async (support) => {
    const session = new LocalSession(await SessionFolder.create(), support);
    try {
      const info = await session.importDirectory('rootfs:', root);
      const helper = await Helper.start(session, info);
      const app = await WatchedApp.start(session, {
        image: info.id,
        config: info.config,
        args: command(),
        run: { ...PLAIN_RUN, network: 'none' },
        volume: helper.volume,
        kit: await helper.kitFor(info.id),
        name: 'ways',
      });
      expect(await app.ended, app.stderr.bytes.toString()).toBe(0);
      expect(open(app.stdout.bytes.toString())).toEqual([]);
    } finally {
      await session.close();
    }
  });

  it.each([USER, 'nobody'])('as the user %s', async (user) => {
    const { run, home } = await asUser(user, ['trace', `rootfs:${root}`, '--engine', 'local', '--network', 'none', '--', ...command()]);
    expect(run.exitCode, run.all).toBe(0);
    expect(open(printed(home))).toEqual([]);
  });
});
