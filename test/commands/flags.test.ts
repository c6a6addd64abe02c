import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exerciseOf } from '../../src/commands/exercise.js';
import { withExercise, withImage, withRun } from '../../src/commands/flags.js';
import { print } from '../../src/commands/print.js';
import { DEFAULT_LIMITS, type Exercise } from '../../src/exercise/exercise.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
});

/** The exercise of a command line, as `trace` and `shrink` read it. */
async function exerciseFrom(...words: string[]): Promise<Exercise> {
  let exercise: Promise<Exercise> | undefined;
  const command = withImage(withExercise(withRun(new Command().exitOverride().configureOutput({ writeErr: () => {} }))))
    .argument('[CMD...]')
    .action((args, flags) => {
      exercise = exerciseOf(args, flags);
    });
  await command.parseAsync(words, { from: 'user' });
  return exercise as Promise<Exercise>;
}

describe('the options of an exercise', () => {
  it('are the default exercise where there are none', async () => {
    const exercise = await exerciseFrom();
    expect(exercise).toMatchObject({ args: [], limits: DEFAULT_LIMITS, reset: [] });
    expect('steps' in exercise).toBe(false);
  });

  it('keep the order of steps of different kinds, after those of the file', async () => {
    const file = join(folder, 'exercise.yaml');
    writeFileSync(file, 'reset: ["true"]\nsteps:\n  - http: /first\n');
    const words = ['--http', '/a', '--exec', 'ls -l', '--wait', '0.5', '--http', 'POST /b {"x": 1}', '--until-exit', '--exercise', file];
    const { steps, reset } = await exerciseFrom(...words);
    expect(steps?.map((step) => ('path' in step ? step.path : step.kind))).toEqual(['/first', '/a', 'exec', 'wait', '/b', 'until-exit']);
    expect(reset).toEqual(['true']);
  });

  it('give run options their names, and nothing else gets among them', async () => {
    const { run, args } = await exerciseFrom(
      '--memory',
      '1.5g',
      '--shm-size',
      '64m',
      '--cap-add',
      'X',
      '--level',
      'whole',
      '--',
      'app',
      '--flag',
    );
    expect(run).toMatchObject({ memory: 1.5 * 2 ** 30, shmSize: 64 * 2 ** 20, capAdd: ['X'] });
    expect(Object.keys(run)).not.toContain('level');
    expect(args).toEqual(['app', '--flag']);
  });

  it('give each --expect to the step before it, as alternatives', async () => {
    const words = ['--http', '/nope', '--expect', '404', '--expect', '410', '--exec', 'false', '--expect', '1', '--http', '/'];
    const { steps } = await exerciseFrom(...words);
    expect(steps?.map((step) => 'expect' in step && step.expect)).toEqual([{ status: [404, 410] }, { exit: [1] }, false]);
  });

  it.each([
    [['--expect', '404'], /no step before it/],
    [['--wait', '1', '--expect', '0'], /stands after --wait, which has no status/],
    [['--http', '/', '--until-exit', '--expect', '1'], /no step before it/],
    [['--http', '/', '--expect', '1'], /Give a status from 100 to 599/],
    [['--exec', 'x', '--expect', '404'], /Give an exit status from 0 to 255/],
    [['--exec', 'x', '--expect', '1.5'], /Give an exit status/],
    [['--expect-exit', '-1'], /Give an exit status/],
  ])('refuse %j', async (words, message) => {
    await expect(exerciseFrom(...words)).rejects.toThrow(message);
  });

  it('say how --expect is used', async () => {
    await expect(exerciseFrom('--expect', '404')).rejects.toMatchObject({ exitCode: 2, remedy: expect.stringContaining('--expect-exit') });
  });

  it('say how the app ends, above what the file says, and whether it may fail', async () => {
    const file = join(folder, 'exercise.yaml');
    writeFileSync(file, 'expect: {exit: 3}\n');
    const inFile = await exerciseFrom('--exercise', file);
    expect(inFile).toMatchObject({ expectExit: 3 });
    expect([inFile.steps, inFile.allowFailing]).toEqual([undefined, undefined]);
    const both = await exerciseFrom('--exercise', file, '--expect-exit', '4', '--allow-failing');
    expect(both).toMatchObject({ expectExit: 4, allowFailing: true });
  });

  it.each([
    ['--wait', 'long'],
    ['--wait', '-1'],
    ['--start-timeout', ''],
    ['--memory', 'much'],
    ['--pids-limit', '1.5'],
    ['--pids-limit', 'few'],
    ['--cpus', 'all'],
    ['--cpus', '0'],
    ['--level', 'tiny'],
  ])('refuse %s %j', async (...words) => {
    await expect(exerciseFrom(...words)).rejects.toThrow();
  });
});

describe('environment variables', () => {
  afterEach(() => {
    delete process.env.PYSHRINK_TEST_SET;
  });

  it('come from files, from options and from this shell; a name that is not set here is not set there', async () => {
    const file = join(folder, 'env');
    writeFileSync(file, '# a comment\n\nA=1\nPYSHRINK_TEST_SET\n');
    process.env.PYSHRINK_TEST_SET = 'yes';
    const { run } = await exerciseFrom('--env-file', file, '-e', 'B=two words', '-e', 'PYSHRINK_TEST_UNSET');
    expect(run.env).toEqual(['A=1', 'PYSHRINK_TEST_SET=yes', 'B=two words']);
  });

  it('of a file that is missing are a usage error', async () => {
    await expect(exerciseFrom('--env-file', join(folder, 'none'))).rejects.toThrowError(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('print', () => {
  it('writes one JSON document, or lines', () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    print(true, { a: 1 }, ['for people']);
    print(undefined, { a: 1 }, ['for', 'people']);
    write.mockRestore();
    expect(JSON.parse(written[0] as string)).toEqual({ a: 1 });
    expect(written[1]).toBe('for\npeople\n');
  });
});
