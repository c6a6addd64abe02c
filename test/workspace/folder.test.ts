import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PLAIN_EXERCISE, storedExercise } from '../../src/exercise/exercise.js';
import { parseImageName } from '../../src/images/name.js';
import { Folder, readTrace } from '../../src/workspace/folder.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';
import { newestTrace, readTraces } from '../../src/workspace/newest.js';
import type { Result } from '../../src/workspace/result.js';
import type { RunRecord } from '../../src/workspace/runrecord.js';
import { makeTrace } from '../support/keep.js';
import { emptyKeepReport } from '../support/keepreport.js';

const answers = { time: { start: 0, end: 1 }, steps: [], app: { stdout: '', stderr: '', cut: false, exit: 0 } };
const RECORD: RunRecord = { runs: [{ exercise: storedExercise(PLAIN_EXERCISE), watching: {}, done: [], answers: [answers] }] };
const folderOf = (name: string) => Folder.for(parseImageName(name));

beforeEach(() => process.chdir(mkdtempSync(join(tmpdir(), 'pyshrink-'))));

describe('a trace in its folder', () => {
  it('is read as it was saved, the newest first, and leaves no temporary file', async () => {
    await folderOf('one:1').saveTrace({ trace: makeTrace(['open /x']), record: RECORD });
    await folderOf('two:2').saveTrace({ trace: makeTrace(['open /y']), record: RECORD });
    utimesSync('.pyshrink/one_1/trace.json', 1, 1);
    const path = await newestTrace();
    expect(path).toBe('.pyshrink/two_2/trace.json');
    expect(await readTrace(path)).toMatchObject({ trace: makeTrace(['open /y']), record: RECORD });
    expect(readdirSync('.pyshrink/two_2').sort()).toEqual([expect.stringMatching(/^run-record-\w+\.json$/), 'trace.json']);
  });

  it('has one run record, however often it is saved', async () => {
    const folder = folderOf('one');
    for (const path of ['/x', '/y']) await folder.saveTrace({ trace: makeTrace([`open ${path}`]), record: RECORD });
    expect(readdirSync(folder.path)).toHaveLength(2);
    expect((await readTrace(folder.tracePath)).trace.observations[0]?.path).toBe('/y');
  });

  it('keeps the run record of its own run when the next save stops half way', async () => {
    const folder = folderOf('one');
    await folder.saveTrace({ trace: makeTrace(['open /x']), record: RECORD });
    writeFileSync(join(folder.path, 'run-record-0123456789ab.json'), JSON.stringify({ runs: [] }));
    expect((await readTrace(folder.tracePath)).record).toEqual(RECORD);
  });

  it('can be read while other runs save theirs', async () => {
    const folder = folderOf('one');
    await folder.saveTrace({ trace: makeTrace([]), record: RECORD });
    let saving = true;
    const reading = async () => {
      while (saving) expect((await readTrace(folder.tracePath)).record).toEqual(RECORD);
    };
    const readers = Promise.all([reading(), reading(), reading()]);
    for (let count = 0; count < 100; count++) await folder.saveTrace({ trace: makeTrace([`open /${count}`]), record: RECORD });
    saving = false;
    await readers;
  });

  it('hides the answers from other users', async () => {
    const folder = folderOf('one');
    await folder.saveTrace({ trace: makeTrace([]), record: RECORD });
    const record = readdirSync(folder.path).find((name) => name.startsWith('run-record'));
    expect(statSync(join(folder.path, record as string)).mode & 0o777).toBe(0o600);
  });

  it('says what to do where there is none', async () => {
    await expect(newestTrace()).rejects.toThrowError(expect.objectContaining({ remedy: expect.stringContaining('pyshrink trace') }));
    await expect(readTrace('none.json')).rejects.toThrow(/There is no trace none.json/);
  });

  it('is refused without its run record', async () => {
    writeFileSync('trace.json', JSON.stringify(makeTrace([])));
    await expect(readTrace('trace.json')).rejects.toThrow(/run-record.*is missing or damaged/);
    writeFileSync('trace.json', JSON.stringify({ ...makeTrace([]), record: '../../etc/passwd' }));
    await expect(readTrace('trace.json')).rejects.toThrow(/run-record-\*\.json.*is missing or damaged/);
  });

  it('joins others of the same image with their run records', async () => {
    for (const name of ['one', 'two']) await folderOf(name).saveTrace({ trace: makeTrace([`open /${name}`]), record: RECORD });
    const { trace, record, folder } = await readTraces(['one', 'two'].map((name) => folderOf(name).tracePath));
    expect([trace.runs.length, record.runs.length, folder.path]).toEqual([2, 2, folderOf('one').path]);
  });
});

describe('a result in its folder', () => {
  const report: KeepReport = { ...emptyKeepReport(), level: 'reachable', targetGpu: 'nvidia' };
  const result: Result = {
    id: 'sha256:1',
    tag: 'x',
    original: 'sha256:0',
    traces: ['trace.json'],
    exclude: [],
    targetGpu: 'nvidia',
    notes: [],
  };

  it('is read as it was saved', async () => {
    await folderOf('one').saveResult(result, report);
    expect(await folderOf('one').result()).toEqual(result);
    expect(await folderOf('one').keep()).toEqual(report);
  });

  it('does not count with the reasons of another image', async () => {
    const folder = folderOf('one');
    await folder.saveResult(result, report);
    writeFileSync(join(folder.path, 'result.json'), JSON.stringify({ ...result, id: 'sha256:2' }));
    await expect(folder.keep()).rejects.toThrow(/keep\.json is of another image than .*result\.json: its making was interrupted/);
  });
});

describe('a folder that one process works in', () => {
  it('refuses a second one, with a message that names the first, and is free afterwards', async () => {
    const folder = folderOf('one');
    await folder.exclusively(async () => {
      writeFileSync(join(folder.path, 'kept'), '');
      await expect(folder.exclusively(async () => {})).rejects.toThrowError(
        expect.objectContaining({
          message: expect.stringContaining(`process ${process.pid}`),
          remedy: expect.stringMatching(/another directory/),
        }),
      );
    });
    expect(readdirSync(folder.path)).toEqual(['kept']);
    await folder.exclusively(async () => {});
  });

  it('lets only one of many begin', async () => {
    const folder = folderOf('one');
    let [inside, most, done] = [0, 0, 0];
    const tries = Array.from({ length: 20 }, () =>
      folder
        .exclusively(async () => {
          most = Math.max(most, ++inside);
          await new Promise((go) => setTimeout(go, 5));
          inside--;
        })
        .then(
          () => done++,
          () => {},
        ),
    );
    await Promise.all(tries);
    expect(most).toBe(1);
    expect(done).toBeGreaterThan(0);
  });

  it('takes over from a process that has ended', async () => {
    const folder = folderOf('one');
    mkdirSync(folder.path, { recursive: true });
    let lock = '';
    await folder.exclusively(async () => {
      lock = readFileSync(join(folder.path, 'lock'), 'utf8');
    });
    for (const dead of [
      { ...JSON.parse(lock), start: '1' },
      { ...JSON.parse(lock), pid: 2 ** 22 + 1 },
    ]) {
      mkdirSync(folder.path, { recursive: true });
      writeFileSync(join(folder.path, 'lock'), JSON.stringify(dead));
      await folder.exclusively(async () => {});
    }
    mkdirSync(folder.path, { recursive: true });
    writeFileSync(join(folder.path, 'lock'), '{"half');
    await folder.exclusively(async () => {});
    expect(existsSync('.pyshrink')).toBe(false);
  });

  it('takes over from a killed process of another PID namespace, and waits for a living one', async () => {
    const folder = folderOf('one');
    const script = `import { lockFolder } from './src/os/lock.ts';
      await lockFolder(${JSON.stringify(resolve(folder.path))});
      process.kill(process.pid, 'SIGKILL');`;
    mkdirSync(folder.path, { recursive: true });
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { cwd: new URL('../..', import.meta.url) });
    const lock = join(folder.path, 'lock');
    const far = () =>
      writeFileSync(lock, JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), host: 'container', namespace: 'pid:[1]' }));
    far();
    await folder.exclusively(async () => {
      far();
      await expect(folder.exclusively(async () => {})).rejects.toThrow(/Another pyshrink works in .* on container/);
    });
    expect(readdirSync('.')).toEqual([]);
  });

  it('leaves nothing where the work fails before it writes', async () => {
    await expect(folderOf('one').exclusively(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync('.')).toEqual([]);
  });
});

describe('a folder that cannot be written', () => {
  it('is reported before any work begins', async () => {
    writeFileSync('.pyshrink', 'a file');
    let began = false;
    const work = async () => {
      began = true;
    };
    await expect(folderOf('one').exclusively(work)).rejects.toThrowError(
      expect.objectContaining({
        message: expect.stringMatching(/\.pyshrink.*can't be written: a part of its path is not a folder/),
        remedy: expect.stringContaining('another directory'),
      }),
    );
    expect(began).toBe(false);
  });

  // Mounting takes root; an ordinary user's folder is tried in test/e2e.
  it.runIf(process.getuid?.() === 0 && canMount())('is reported as a full disk where there is no room', async () => {
    mkdirSync('small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', 'small']);
    try {
      process.chdir('small');
      await expect(folderOf('one').exclusively(async () => {})).rejects.toThrow(/The disk of \.pyshrink.* is full/);
      expect(readdirSync('.')).toEqual([]);
    } finally {
      process.chdir('..');
      execFileSync('umount', ['small']);
    }
  });
});

function canMount(): boolean {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  }
}
