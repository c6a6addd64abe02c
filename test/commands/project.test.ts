import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Given, onlyAfterDashes, projectOptions, wishesOf } from '../../src/commands/project.js';
import { forgetSecrets } from '../../src/conceal.js';
import { DEFAULT_LIMITS } from '../../src/exercise/exercise.js';

beforeEach(() => process.chdir(mkdtempSync(join(tmpdir(), 'pyshrink-'))));
afterEach(forgetSecrets);

const LIMITS = { startTimeout: DEFAULT_LIMITS.start, stepTimeout: DEFAULT_LIMITS.step, exitTimeout: DEFAULT_LIMITS.exit };
/** What the command line gives: flags by name, which all count as written. */
const given = (flags: Partial<Given['flags']> = {}, more: Partial<Given> = {}): Given => ({
  image: undefined,
  args: [],
  isCommandOnly: false,
  flags: { env: [], envFile: [], include: [], exclude: [], ...LIMITS, ...flags },
  isWritten: (name) => name in flags,
  ...more,
});
const project = (text: string) => writeFileSync('pyshrink.yaml', `image: x\n${text}`);

describe('a compose file', () => {
  it('is that of the command line, or else of the project file, each with its options', async () => {
    project('compose: { file: c.yaml, noBinds: true }\n');
    expect(await projectOptions(undefined, given())).toMatchObject({
      image: 'x',
      compose: { file: 'c.yaml', noBinds: true, useExternal: false },
    });
    const flags = { compose: 'other.yaml', useExternal: true, writeOverride: 'small.yaml' } as const;
    expect((await projectOptions(undefined, given(flags)))?.compose).toEqual({
      file: 'other.yaml',
      noBinds: true,
      useExternal: true,
      override: 'small.yaml',
    });
  });

  it('makes a project file and the name of an image needless', async () => {
    expect(await wishesOf(undefined, given({ compose: 'c.yaml', binds: false }))).toMatchObject({
      compose: { file: 'c.yaml', noBinds: true },
      exercise: { args: [] },
    });
    writeFileSync('pyshrink.yaml', 'compose: c.yaml\n');
    const options = await projectOptions(undefined, given());
    expect([options?.image, options?.exercises, options?.exercise?.reset]).toEqual([undefined, undefined, []]);
  });

  it.each([
    ['--use-external', { useExternal: true }],
    ['--no-binds', { binds: false }],
    ['--write-override', { writeOverride: 'a' }],
  ] as const)('has to be there for %s', async (flag, flags) => {
    await expect(wishesOf(undefined, given(flags, { image: 'x' }))).rejects.toThrow(`${flag} is about a compose file`);
  });
});

describe('a project file with the options of the command line', () => {
  it('gets the value of a variable that it names from -e and --env-file, as from the shell', async () => {
    project('environment: [ONE_OF_FLAG, ONE_OF_FILE, ONE_OF_SHELL]\nruns: [{ name: web }]\n');
    writeFileSync('more.env', 'ONE_OF_FILE=b\n');
    process.env.ONE_OF_SHELL = 'c';
    const options = await projectOptions(undefined, given({ env: ['ONE_OF_FLAG=a'], envFile: ['more.env'] }));
    const env = new Set(options?.exercises?.[0]?.exercise.run?.env);
    expect(env).toEqual(new Set(['ONE_OF_FLAG=a', 'ONE_OF_FILE=b', 'ONE_OF_SHELL=c']));
  });

  it('says how to give a variable that has no value', async () => {
    project('environment: [NO_SUCH_VARIABLE]\nruns: [{ name: web }]\n');
    await expect(projectOptions(undefined, given())).rejects.toThrowError(
      expect.objectContaining({ remedy: expect.stringContaining('-e NO_SUCH_VARIABLE=') }),
    );
  });

  it('takes no word of a command for the image', async () => {
    const command = given({}, { image: 'python', args: ['job.py'], isCommandOnly: true });
    await expect(projectOptions(undefined, command)).rejects.toThrow('There is no image to shrink');
    project('runs: [{ name: web }]\n');
    for (const file of [undefined, 'pyshrink.yaml'])
      await expect(projectOptions(file, command)).rejects.toThrow('A command after -- would belong to no run of the file.');
    expect(await projectOptions(undefined, { ...command, isCommandOnly: false })).toBeUndefined();
  });

  it('refuses options that belong to one run, its standard input among them', async () => {
    project('runs: [{ name: web }]\n');
    await expect(projectOptions(undefined, given({ interactive: true } as object))).rejects.toThrow(
      /^--interactive would belong to no run/,
    );
  });
});

it.each([
  ['shrink -f p.yaml -- worker', 1, true],
  ['shrink -- python job.py', 2, true],
  ['shrink python -- job.py', 2, false],
  ['shrink python', 1, false],
  ['shrink --', 0, false],
  ['shrink', 0, false],
])('knows where words stand: %s', (line, operands, only) => {
  expect(onlyAfterDashes(line.split(' '), operands)).toBe(only);
});
