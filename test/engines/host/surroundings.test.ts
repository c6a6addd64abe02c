import { describe, expect, it } from 'vitest';
import {
  holdsHome,
  hostRoots,
  revealedBy,
  type Surroundings,
  type Suspicion,
  withoutSecrets,
} from '../../../src/engines/host/surroundings.js';
import type { Entry, EntryType } from '../../../src/rootfs.js';
import { RootFs } from '../../../src/rootfs.js';

const HOME = '/home/ada';
const PYTHON = ['/home/ada/.pyenv/versions/3.12', '/home/ada/.local/lib/python3.12/site-packages'];

const NOTHING: Suspicion = { used: new Set(), include: [], revealed: new Set() };

describe('withoutSecrets', () => {
  const around: Surroundings = { workdir: '/srv/app', home: HOME, python: PYTHON };
  const entries = () =>
    new Map(
      ['/srv/app/.env', '/srv/app/.env.local', '/srv/app/main.py', '/home/ada/.netrc', '/home/ada/.vimrc'].map((path) => [
        path,
        { path, type: 'f', mode: 0o600, uid: 0, gid: 0, size: 1, mtime: 0 } as Entry,
      ]),
    );

  it('removes them, and names those that were used or lie below the working directory', () => {
    const all = entries();
    const { refused, taken } = withoutSecrets(all, around, { ...NOTHING, used: new Set(['/home/ada/.netrc']) });
    expect([...all.keys()]).toEqual(['/srv/app/main.py']);
    expect(refused).toEqual(['/home/ada/.netrc', '/srv/app/.env', '/srv/app/.env.local']);
    expect(taken).toEqual([]);
  });

  it('keeps one that is named exactly; a glob does not name it', () => {
    const all = entries();
    const { refused, taken } = withoutSecrets(all, around, { ...NOTHING, include: ['/srv/app/.env', '/srv/**'] });
    expect(taken).toEqual(['/srv/app/.env']);
    expect(refused).toEqual(['/srv/app/.env.local']);
    expect(all.has('/srv/app/.env')).toBe(true);
  });

  it('keeps a folder of the app that is called like a file of secrets, with its code', () => {
    const all = new Map(
      (
        [
          ['/', 'd'],
          ['/srv', 'd'],
          ['/srv/app', 'd'],
          ['/srv/app/secrets', 'd'],
          ['/srv/app/secrets/__init__.py', 'f'],
          ['/srv/app/secrets/db_password', 'f'],
          ['/srv/app/prod.env', 'd'],
          ['/srv/app/prod.env/limits.csv', 'f'],
          ['/srv/app/.env', 'd'],
          ['/srv/app/.env/bin', 'd'],
          ['/srv/app/.env/bin/python', 'f'],
          ['/srv/app/.ssh', 'd'],
          ['/srv/app/.ssh/config', 'f'],
        ] as [path: string, type: EntryType][]
      ).map(([path, type]) => [path, { path, type, mode: 0o755, uid: 0, gid: 0, size: 1, mtime: 0 } as Entry]),
    );
    const { refused } = withoutSecrets(all, around, NOTHING);
    expect(refused).toEqual(['/srv/app/.ssh/config', '/srv/app/secrets/db_password']);
    const fs = new RootFs(all, async () => Buffer.alloc(0));
    for (const path of ['/srv/app/secrets/__init__.py', '/srv/app/prod.env/limits.csv', '/srv/app/.env/bin/python'])
      expect(fs.resolve(path)?.path).toBe(path);
    expect(all.has('/srv/app/.ssh')).toBe(false);
  });

  it('removes data that only its owner may read, below the working directory', () => {
    const modes: [path: string, mode: number][] = [
      ['/srv/app/conf/prod', 0o600],
      ['/srv/app/data.bin', 0o400],
      ['/srv/app/open.txt', 0o640],
      ['/srv/app/main.py', 0o644],
      ['/srv/app/mine.py', 0o600],
      ['/srv/app/run', 0o700],
      ['/srv/app/.venv/lib/python3.12/site-packages/x/data', 0o600],
      ['/srv/other/data', 0o600],
    ];
    const all = new Map(modes.map(([path, mode]) => [path, { path, type: 'f', mode, uid: 0, gid: 0, size: 1, mtime: 0 } as Entry]));
    expect(withoutSecrets(all, around, NOTHING).refused).toEqual(['/srv/app/conf/prod', '/srv/app/data.bin']);
    expect([...all.keys()]).toEqual(modes.slice(2).map(([path]) => path));
  });

  it('says nothing by modes where a umask closed the code as well', () => {
    const modes: [path: string, mode: number][] = [
      ['/srv/app/main.py', 0o600],
      ['/srv/app/models.py', 0o700],
      ['/srv/app/open.py', 0o644],
      ['/srv/app/data/names.csv', 0o600],
      ['/srv/app/.env', 0o600],
      // Packages were installed by somebody else.
      ['/srv/app/.venv/lib/python3.12/site-packages/x/a.py', 0o644],
      ['/srv/app/.venv/lib/python3.12/site-packages/x/b.py', 0o644],
    ];
    const all = new Map(modes.map(([path, mode]) => [path, { path, type: 'f', mode, uid: 0, gid: 0, size: 1, mtime: 0 } as Entry]));
    expect(withoutSecrets(all, around, NOTHING).refused).toEqual(['/srv/app/.env']);
  });

  it('removes what its content gives away, but for code, which it names', () => {
    const all = new Map(
      ['/srv/app/a.txt', '/srv/app/main.py'].map((path) => [
        path,
        { path, type: 'f', mode: 0o644, uid: 0, gid: 0, size: 1, mtime: 0 } as Entry,
      ]),
    );
    const { refused, code } = withoutSecrets(all, around, { ...NOTHING, revealed: new Set(all.keys()) });
    expect([refused, code, [...all.keys()]]).toEqual([['/srv/app/a.txt'], ['/srv/app/main.py'], ['/srv/app/main.py']]);
  });
});

describe('revealedBy', () => {
  const TOKEN = `ghp_${'a1'.repeat(18)}`;

  /** What is found in a file, and how many bytes are read for it. */
  async function look(bytes: Buffer): Promise<{ format: string | undefined; count: number }> {
    let count = 0;
    const format = await revealedBy({ path: '/srv/app/x', size: bytes.length }, async (_, offset, length) => {
      const part = bytes.subarray(offset, offset + length);
      count += part.length;
      return part;
    });
    return { format, count };
  }

  it('reads a text to its end', async () => {
    const text = Buffer.from(`${'x '.repeat(50_000)}${TOKEN}\n`);
    expect(await look(text)).toEqual({ format: 'GitHub token', count: text.length });
    // A token that the end of the head cuts is found, too.
    expect((await look(Buffer.from(`${'x '.repeat(4090)}${TOKEN} ${'x '.repeat(4090)}`))).format).toBe('GitHub token');
    expect((await look(Buffer.from(TOKEN))).format).toBe('GitHub token');
  });

  it('reads no more than the head of a binary file', async () => {
    const { format, count } = await look(Buffer.concat([Buffer.from('feedfeed00000002', 'hex'), Buffer.alloc(500_000)]));
    expect(format).toBe('Java keystore');
    expect(count).toBeLessThanOrEqual(8192);
  });
});

describe('hostRoots', () => {
  it('lists the system, the interpreter and the folder of the app', () => {
    const { roots, app, aside } = hostRoots({ workdir: '/srv/app', home: HOME, python: PYTHON });
    expect(roots).toEqual(expect.arrayContaining(['/usr', '/etc', '/srv/app', ...PYTHON]));
    expect([app, aside]).toEqual(['/srv/app', expect.arrayContaining(['.git', 'node_modules'])]);
  });

  it.each(['/', '/home', HOME])('never lists %s as the folder of an app', (workdir) => {
    expect(hostRoots({ workdir, home: HOME, python: ['/', HOME] }).roots).not.toContain(workdir);
    expect(hostRoots({ workdir, home: HOME, python: [] }).aside).toEqual([]);
  });
});

describe('holdsHome', () => {
  it.each([
    ['/', true],
    ['/home', true],
    [HOME, true],
    ['/home/ad', false],
    [`${HOME}/app`, false],
    ['/srv', false],
  ])('%s: %s', (folder, holds) => expect(holdsHome(folder, HOME)).toBe(holds));
});
