import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeDeadSessions, removeDeadSpools, SessionFolder, spoolFolder } from '../../src/engines/sessionfolder.js';
import type { Owner } from '../../src/os/owner.js';
import { needing } from '../support/needs.js';

describe('session folders', () => {
  let cache: string;
  const sweep = () => removeDeadSessions((folder) => rm(folder, { recursive: true }));

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'pyshrink-cache-'));
    vi.stubEnv('PYSHRINK_CACHE', cache);
  });
  afterEach(() => vi.unstubAllEnvs());

  it('are in the cache, name their process, and never give a path twice', async () => {
    const session = await SessionFolder.create();
    expect(session.path).toBe(join(cache, 'sessions', session.id));
    expect(JSON.parse(readFileSync(`${session.path}.owner`, 'utf8'))).toMatchObject({ tool: 'pyshrink', owner: { pid: process.pid } });
    const [one, two, three] = [await session.folder('x'), await session.folder('x'), session.next('x')];
    expect(new Set([one, two, three]).size).toBe(3);
    expect([existsSync(one), existsSync(three)]).toEqual([true, false]);
    expect(session.id).not.toBe((await SessionFolder.create()).id);
  });

  it('are open to their user only', async () => {
    const session = await SessionFolder.create();
    expect(statSync(session.path).mode & 0o777).toBe(0o700);
  });

  it('are kept while their process runs', async () => {
    const session = await SessionFolder.create();
    expect(await sweep()).toEqual([]);
    expect(existsSync(session.path)).toBe(true);
  });

  /** Makes what a session has left behind, with a marker. */
  async function left(change: (owner: Owner) => object): Promise<string> {
    const session = await SessionFolder.create();
    const marker = JSON.parse(readFileSync(`${session.path}.owner`, 'utf8')) as { owner: Owner };
    writeFileSync(`${session.path}.owner`, JSON.stringify({ ...marker, ...change(marker.owner) }));
    return session.path;
  }

  it.each<[string, (owner: Owner) => object]>([
    ['has ended', (owner) => ({ owner: { ...owner, pid: Number(execFileSync('sh', ['-c', 'echo $$'])), start: '1' } })],
    ['has ended, and its number belongs to another process now', (owner) => ({ owner: { ...owner, start: '1' } })],
    ['ran before the computer was started again', (owner) => ({ owner: { ...owner, boot: 'another' } })],
  ])('are removed where their process %s', async (_, change) => {
    const path = await left(change);
    expect(await sweep()).toEqual([`session ${basename(path)}`]);
    expect(readdirSync(join(cache, 'sessions'))).toEqual([]);
  });

  it.each<[string, (owner: Owner) => object]>([
    ['is of another computer', (owner) => ({ owner: { ...owner, host: 'elsewhere', start: '1' } })],
    ['is of another computer with the same name', (owner) => ({ owner: { ...owner, computer: 'another', boot: 'another' } })],
    [
      'is of another computer with the same name, and neither has an id',
      (owner) => ({ owner: { ...owner, computer: null, boot: 'another' } }),
    ],
    ['lives in another PID namespace', (owner) => ({ owner: { ...owner, host: 'container', namespace: 'pid:[1]', start: '1' } })],
    ['is in another PID namespace and gave no sign', (owner) => ({ owner: { ...owner, namespace: 'pid:[1]', start: '1', sign: null } })],
    ['is named by something else than pyshrink', (owner) => ({ tool: 'another', owner: { ...owner, start: '1' } })],
  ])('are kept where their process %s', async (_, change) => {
    const path = await left(change);
    expect(await sweep()).toEqual([]);
    expect(existsSync(path)).toBe(true);
  });

  /** Makes a session in another process, and kills it. Returns the session's folder. */
  function killed(kind: string, start: readonly string[] = []): string {
    const script = `import { SessionFolder } from './src/engines/sessionfolder.ts';
      console.log((await SessionFolder.create('${kind}')).path);
      process.kill(process.pid, 'SIGKILL');`;
    const command = [...start, process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
    return spawnSync(command[0] as string, command.slice(1), { cwd: new URL('../..', import.meta.url), encoding: 'utf8' }).stdout.trim();
  }

  it.each(['session', 'spool'])('are removed where their process of another PID namespace was killed: %s', async (kind) => {
    const path = killed(kind);
    const marker = JSON.parse(readFileSync(`${path}.owner`, 'utf8')) as { owner: Owner };
    writeFileSync(
      `${path}.owner`,
      JSON.stringify({ ...marker, owner: { ...marker.owner, host: 'container', computer: null, namespace: 'pid:[1]' } }),
    );
    expect(await removeDeadSpools()).toEqual(kind === 'spool' ? [`session ${basename(path)}`] : []);
    expect(await sweep()).toEqual(kind === 'spool' ? [] : [`session ${basename(path)}`]);
    expect(readdirSync(join(cache, 'sessions'))).toEqual([]);
  });

  needing('mount', 'program unshare')('are removed where their process was killed in a PID namespace of its own', async () => {
    const path = killed('session', ['unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c', '"$@"; true', 'sh']);
    expect(JSON.parse(readFileSync(`${path}.owner`, 'utf8')).owner.namespace).not.toBe(readlinkSync('/proc/self/ns/pid'));
    expect(await sweep()).toEqual([`session ${basename(path)}`]);
  });

  it('for files of an engine elsewhere are in the cache, or where that can not be written, beside other temporary files', async () => {
    const spool = await spoolFolder();
    writeFileSync(spool.next('x'), '');
    expect(spool.next('x').startsWith(join(cache, 'sessions'))).toBe(true);
    await spool.remove();
    expect(readdirSync(join(cache, 'sessions'))).toEqual([]);
    vi.stubEnv('PYSHRINK_CACHE', '/dev/null/no');
    const other = await spoolFolder();
    expect(other.next('x').startsWith(tmpdir())).toBe(true);
    expect(other.next('x')).not.toBe(other.next('x'));
    await other.remove();
  });

  it('leave nothing when they are removed', async () => {
    const session = await SessionFolder.create();
    await rm(session.path, { recursive: true });
    await session.forget();
    expect(readdirSync(join(cache, 'sessions'))).toEqual([]);
  });

  it('are found again where they were removed half', async () => {
    const path = await left((owner) => ({ owner: { ...owner, start: '1' } }));
    await expect(removeDeadSessions(() => Promise.reject(new Error('killed')))).rejects.toThrowError('killed');
    expect(await sweep()).toEqual([`session ${basename(path)}`]);
    const gone = await left((owner) => ({ owner: { ...owner, start: '1' } }));
    await rm(gone, { recursive: true });
    await sweep();
    expect(readdirSync(join(cache, 'sessions'))).toEqual([]);
  });

  it('are all that is removed: a folder of others in the same place stays', async () => {
    const sessions = join(cache, 'sessions');
    for (const name of ['2024-01-01', '0123456789ab', 'x.owner', 'abcdef012345.owner'])
      mkdirSync(join(sessions, name), { recursive: true });
    writeFileSync(join(sessions, '2024-01-01', 'owner'), '1 1');
    writeFileSync(join(sessions, 'notes.txt'), 'mine');
    for (const name of readdirSync(sessions)) utimesSync(join(sessions, name), 1, 1);
    // A marker whose folder is a link to another place.
    const elsewhere = mkdtempSync(join(tmpdir(), 'pyshrink-other-'));
    const linked = await left((owner) => ({ owner: { ...owner, start: '1' } }));
    await rm(linked, { recursive: true });
    symlinkSync(elsewhere, linked);
    const before = readdirSync(sessions).sort();
    expect(await sweep()).toEqual([]);
    expect(readdirSync(sessions).sort()).toEqual(before);
    expect(existsSync(elsewhere)).toBe(true);
  });

  it('of none, there is nothing to remove', async () => {
    expect(await sweep()).toEqual([]);
  });

  it('need a cache that is a folder', async () => {
    const file = join(cache, 'file');
    writeFileSync(file, '');
    vi.stubEnv('PYSHRINK_CACHE', file);
    await expect(SessionFolder.create()).rejects.toThrowError(
      expect.objectContaining({
        name: 'UserError',
        message: expect.stringContaining(file),
        remedy: expect.stringContaining('PYSHRINK_CACHE'),
      }),
    );
  });
});
