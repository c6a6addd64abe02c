import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeDeadSessions, SessionFolder } from '../../src/engines/sessionfolder.js';

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
    expect(readFileSync(join(session.path, 'owner'), 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+$`));
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

  it.each([
    ['has ended', () => `${execFileSync('sh', ['-c', 'echo $$']).toString().trim()} 1`],
    ['has ended, and its number belongs to another process now', () => `${process.pid} 1`],
    ['wrote only a part of the file', () => `${process.pid}`],
  ])('are removed where their process %s', async (_, owner) => {
    const path = join(cache, 'sessions', 'dead');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'owner'), owner());
    utimesSync(path, 1, 1);
    expect(await sweep()).toEqual(['session dead']);
    expect(existsSync(path)).toBe(false);
  });

  it('are kept where they were made just now and have no owner yet', async () => {
    mkdirSync(join(cache, 'sessions', 'new'), { recursive: true });
    expect(await sweep()).toEqual([]);
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
