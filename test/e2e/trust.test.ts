import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import { describeWithEngine, pyshrink, workdir } from '../support/engine.js';

const HELLO = 'pyshrink-fixture/hello';
const TRACE = '.pyshrink/pyshrink-fixture_hello_latest/trace.json';

/** Changes the run record of a trace as somebody else would who sends the folder. */
function change(cwd: string, edit: (text: string) => string): void {
  const trace = join(cwd, TRACE);
  const record = join(dirname(trace), JSON.parse(readFileSync(trace, 'utf8')).record);
  const before = readFileSync(record, 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  writeFileSync(record, after);
}

describeWithEngine('a run record of somebody else', () => {
  it('is not repeated by `assemble` and `smoke` where it reaches out of the container, unless --trust is given', async () => {
    const cwd = workdir();
    const [mine, theirs] = [join(cwd, 'mine'), join(cwd, 'theirs')];
    writeFileSync(join(cwd, 'exercise.yaml'), `reset: ["touch ${mine}"]\nsteps: [until-exit]\n`);
    const shrunk = await pyshrink(['shrink', HELLO, '--exercise', 'exercise.yaml', '--tag', 'pyshrink-test/trusted:1'], { cwd });
    expect(shrunk.exitCode, String(shrunk.all)).toBe(0);
    expect(existsSync(mine)).toBe(true);
    rmSync(mine);
    change(cwd, (text) => text.replaceAll(mine, theirs));
    const assemble = ['assemble', '--tag', 'pyshrink-test/trusted:2'];
    for (const command of [assemble, ['smoke']]) {
      const refused = await pyshrink(command, { cwd });
      expect([refused.exitCode, refused.stderr]).toEqual([
        ExitCode.failed,
        expect.stringContaining(`run on this computer: touch ${theirs}`),
      ]);
      expect(refused.stderr).toContain('--trust');
    }
    expect([mine, theirs].filter(existsSync)).toEqual([]);
    for (const command of [assemble, ['smoke']]) {
      const trusted = await pyshrink([...command, '--trust'], { cwd });
      expect(trusted.exitCode, String(trusted.all)).toBe(0);
    }
    expect([mine, theirs].filter(existsSync)).toEqual([theirs]);
  });

  it('gets no variables of this shell, unless --trust is given', async () => {
    const cwd = workdir();
    const env = { WORD: 'word' };
    const traced = await pyshrink(['trace', HELLO, '-e', 'WORD'], { cwd, env });
    expect(traced.exitCode, String(traced.all)).toBe(0);
    change(cwd, (text) => text.replace(/^\{"seal":"[0-9a-f]+",/, '{'));
    const assemble = ['assemble', '--tag', 'pyshrink-test/trusted:3'];
    const refused = await pyshrink(assemble, { cwd, env });
    expect([refused.exitCode, refused.stderr]).toEqual([
      ExitCode.usage,
      expect.stringMatching(/made with WORD; [\s\S]*Variables of this shell count only with --trust/),
    ]);
    for (const more of [['--trust'], ['-e', 'WORD']]) {
      const done = await pyshrink([...assemble, ...more], { cwd, env });
      expect(done.exitCode, String(done.all)).toBe(0);
    }
  });
});
