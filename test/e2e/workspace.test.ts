import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shrink, smoke } from '../../src/index.js';
import { readTrace } from '../../src/workspace/folder.js';
import { describeWithEngine, docker, pyshrink, workdir } from '../support/engine.js';
import { asUser, USER } from '../support/local.js';
import { needing } from '../support/needs.js';

const HELLO = 'pyshrink-fixture/hello';

describeWithEngine('the working directory', () => {
  it('rejects a second run of the same image at the same time, and the first run writes complete results', async () => {
    const cwd = workdir();
    const tag = 'pyshrink-test/at-once:1';
    const runs = await Promise.all([1, 2].map(() => pyshrink(['shrink', HELLO, '--tag', tag], { cwd })));
    const [good, bad] = runs.sort((a, b) => (a.exitCode ?? 9) - (b.exitCode ?? 9));
    expect([good?.exitCode, bad?.exitCode]).toEqual([0, 1]);
    expect(bad?.stderr).toMatch(/Another pyshrink works in \.pyshrink\/pyshrink-fixture_hello_latest: process \d+/);
    expect((await readTrace(join(cwd, '.pyshrink/pyshrink-fixture_hello_latest/trace.json'))).record.runs).toHaveLength(1);
    expect((await pyshrink(['smoke'], { cwd })).exitCode).toBe(0);
  });

  it('allows runs of two images at the same time', async () => {
    const cwd = workdir();
    const runs = await Promise.all([HELLO, 'pyshrink-fixture/ssl-hello'].map((image) => pyshrink(['trace', image], { cwd })));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(readdirSync(join(cwd, '.pyshrink'))).toHaveLength(2);
  });

  it('stays unchanged when a run is interrupted', async () => {
    const cwd = workdir();
    const run = pyshrink(['trace', HELLO, '--wait', '60', '--', 'sleep', '60'], { cwd });
    while (readdirSync(cwd).length === 0) await new Promise((go) => setTimeout(go, 20));
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describeWithEngine('a working directory without write permission', () => {
  needing(`user ${USER}`)('is reported before pyshrink reads or runs anything', async () => {
    const { run } = await asUser(USER, ['shrink', 'docker-archive:/nowhere.tar'], { cwd: '/' });
    expect([run.exitCode, run.stderr]).toEqual([
      1,
      expect.stringMatching(
        /\.pyshrink\S* can't be written: permission denied\.\n +Make it writable, or run pyshrink in another directory/,
      ),
    ]);
  });
});

describeWithEngine('the library', () => {
  it('does the same as the commands, with typed options and without printing', async () => {
    const cwd = workdir();
    const before = process.cwd();
    const said: string[] = [];
    const progress = {
      task: <T>(title: string, work: (say: (text: string) => void) => Promise<T>) => {
        said.push(title);
        return work(() => {});
      },
      note: () => {},
    };
    process.chdir(cwd);
    try {
      const summary = await shrink({ image: HELLO, tag: 'pyshrink-test/library:1', level: 'observed', progress });
      expect(summary).toMatchObject({ passed: true, image: 'pyshrink-test/library:1', level: 'observed', repairs: [] });
      expect(summary.after).toBeLessThan(summary.before / 50);
      expect(said[0]).toBe(`Preparing ${HELLO}`);
      expect(await smoke()).toMatchObject({ passed: true, image: 'pyshrink-test/library:1' });
      expect((await docker('run', '--rm', 'pyshrink-test/library:1')).trim()).toContain('hello, world');
      await expect(shrink({ image: 'no/such:image' })).rejects.toThrowError(
        expect.objectContaining({ exitCode: 1, remedy: expect.stringContaining('docker pull') }),
      );
      expect(readdirSync('.pyshrink')).toEqual(['pyshrink-fixture_hello_latest']);
    } finally {
      process.chdir(before);
    }
  });
});
