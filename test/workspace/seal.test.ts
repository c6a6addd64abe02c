import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PLAIN_EXERCISE, storedExercise } from '../../src/exercise/exercise.js';
import { Folder, readTrace } from '../../src/workspace/folder.js';
import { readTraces } from '../../src/workspace/newest.js';
import type { RunRecord } from '../../src/workspace/runrecord.js';
import { keyPath, sealed, unsealed } from '../../src/workspace/seal.js';
import { makeTrace } from '../support/keep.js';

const answers = { time: { start: 0, end: 1 }, steps: [], app: { stdout: '', stderr: '', cut: false, exit: 0 } };
const RECORD: RunRecord = { runs: [{ exercise: storedExercise(PLAIN_EXERCISE), watching: {}, done: [], answers: [answers] }] };

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'pyshrink-state-'));
  vi.stubEnv('XDG_STATE_HOME', state);
  process.chdir(mkdtempSync(join(tmpdir(), 'pyshrink-')));
});
afterEach(() => vi.unstubAllEnvs());

async function saved(trusted = true): Promise<Folder> {
  const folder = new Folder('.pyshrink/app');
  await folder.saveTrace({ trace: makeTrace(['open /x']), record: RECORD }, trusted);
  return folder;
}
const recordIn = (folder: Folder) => join(folder.path, readdirSync(folder.path).find((name) => name.startsWith('run-record')) as string);

describe('a run record', () => {
  it("is trusted where this user wrote it, and its key is nobody else's", async () => {
    const folder = await saved();
    expect(await readTrace(folder.tracePath)).toMatchObject({ trusted: true, record: RECORD });
    expect(keyPath().startsWith(state)).toBe(true);
    expect(statSync(keyPath()).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(keyPath()))).toEqual(['key']);
  });

  it.each<[string, (folder: Folder) => void]>([
    [
      'was changed',
      (folder) => writeFileSync(recordIn(folder), readFileSync(recordIn(folder), 'utf8').replace('"reset":[]', '"reset":["rm -rf ~"]')),
    ],
    [
      'belongs to a trace that was changed',
      (folder) => writeFileSync(folder.tracePath, readFileSync(folder.tracePath, 'utf8').replace('/x', '/y')),
    ],
    ['has no seal', (folder) => writeFileSync(recordIn(folder), JSON.stringify(RECORD))],
    ['is of another user', () => writeFileSync(keyPath(), Buffer.alloc(32, 1))],
    ['has a key that others can read', () => chmodSync(keyPath(), 0o644)],
  ])('is not trusted where it %s, and can be read all the same', async (_, change) => {
    const folder = await saved();
    change(folder);
    expect((await readTrace(folder.tracePath)).trusted).toBe(false);
  });

  it('is not trusted where a part of it is of somebody else', async () => {
    const own = await saved();
    const other = new Folder('.pyshrink/other');
    await other.saveTrace({ trace: makeTrace(['open /x']), record: RECORD }, false);
    expect((await readTrace(other.tracePath)).trusted).toBe(false);
    expect((await readTraces([own.tracePath, other.tracePath])).trusted).toBe(false);
    expect((await readTraces([own.tracePath])).trusted).toBe(true);
  });

  it('has no seal where this user can have no key, and is not trusted then', async () => {
    writeFileSync(join(state, 'file'), '');
    vi.stubEnv('XDG_STATE_HOME', join(state, 'file'));
    expect((await readTrace((await saved()).tracePath)).trusted).toBe(false);
  });

  it('does not use a key through a link', async () => {
    await saved();
    writeFileSync(join(state, 'elsewhere'), Buffer.alloc(32), { mode: 0o600 });
    vi.stubEnv('XDG_STATE_HOME', mkdtempSync(join(tmpdir(), 'pyshrink-state-')));
    const text = await sealed('{"a":1}', 'trace');
    expect((await unsealed(text, 'trace')).trusted).toBe(true);
    const linked = mkdtempSync(join(tmpdir(), 'pyshrink-state-'));
    vi.stubEnv('XDG_STATE_HOME', linked);
    symlinkSync(state, join(linked, 'pyshrink'));
    symlinkSync(join(state, 'elsewhere'), join(state, 'key'));
    expect((await unsealed(await sealed('{"a":1}', 'trace'), 'trace')).trusted).toBe(false);
  });

  it('has the same key in twenty runs at once', async () => {
    const texts = await Promise.all(Array.from({ length: 20 }, (_, index) => sealed(`{"run":${index}}`, 'trace')));
    for (const text of texts) expect((await unsealed(text, 'trace')).trusted).toBe(true);
    expect(existsSync(keyPath())).toBe(true);
    expect(readdirSync(dirname(keyPath()))).toEqual(['key']);
  });

  it("can't lend its bytes to the trace", async () => {
    const text = await sealed('{"run":1}', '{"trace":1}');
    const moved = text.replace('"run":1}', '');
    expect((await unsealed(moved, '{"trace":1}{"run":1}')).trusted).toBe(false);
  });
});
