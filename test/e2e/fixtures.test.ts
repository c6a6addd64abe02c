import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { behave } from '../support/behaviour.js';
import { describeWithEngine, docker, FIXTURES, leftovers, pyshrink, workdir } from '../support/engine.js';
import { expectedOf, fixtureNames } from '../support/fixtures.js';
import { survivors } from '../support/mutants.js';
import { firstRun } from '../support/records.js';
import { lostModules } from '../support/sweep.js';

const NETWORK = 'pyshrink-test';
const DATABASE = 'pyshrink-test-postgres';
/** Run options of the fixture that needs a database: first the network, then the environment. */
const BESIDE: Record<string, string[]> = {
  psycopg2: ['--network', NETWORK, '--env', `DATABASE_URL=postgresql://postgres@${DATABASE}/postgres`],
};

/** The fixture that is assembled twice, to check that the result is the same. */
const REPEATED = 'ssl-hello';

/** Variants of fixtures that fixtures/build.sh makes. A full base image may cost little more than a slim one. */
const VARIANTS: [name: string, variant: string, most: number][] = [
  ['flask-pandas', 'full', 1.03],
  ['django', 'full', 1.03],
  ['hello', '3.11', 1.03],
  ['django', '3.11', 1.05],
  ['flask-pandas', '3.11-full', 1.15],
];

const names = fixtureNames();

describeWithEngine('fixtures', () => {
  beforeAll(async () => {
    await docker('rm', '-f', DATABASE).catch(() => {});
    await docker('network', 'create', NETWORK).catch(() => {});
    await docker('run', '-d', '--rm', '--name', DATABASE, '--network', NETWORK, 'pyshrink-fixture/postgres');
    while ((await docker('exec', DATABASE, 'pg_isready', '-h', '127.0.0.1').catch(() => '')) === '')
      await new Promise((go) => setTimeout(go, 100));
  });
  afterAll(async () => {
    await docker('rm', '-f', DATABASE);
    await docker('network', 'rm', NETWORK);
    expect(await leftovers()).toEqual([]);
  });

  const small = (name: string) => `pyshrink-test/${name}:shrunk`;

  describe('sizes and modules', () => {
    it.concurrent.each(names)('%s shrinks, behaves the same, and stays within its size limit', async (name) => {
      const expected = expectedOf(name);
      const image = `pyshrink-fixture/${name}`;
      const tag = small(name);
      const cwd = workdir();
      const run = await pyshrink(
        [
          'shrink',
          image,
          '--json',
          '--tag',
          tag,
          '--exercise',
          join(FIXTURES, name, 'exercise.yaml'),
          ...(BESIDE[name] ?? []),
          ...(expected.args ? ['--', ...expected.args] : []),
        ],
        { cwd },
      );
      expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
      const result = JSON.parse(run.stdout as string);
      expect(result).toMatchObject({
        passed: true,
        image: tag,
        level: 'reachable',
        warnings: [],
        repairs: [],
        verdict: { problems: [], differences: [], missing: [] },
      });
      expect(result.after / 1e6).toBeLessThanOrEqual(expected.reachable);

      // Every step gets an answer.
      const { answers } = firstRun(join(cwd, result.trace));
      expect(answers[0].steps.filter(({ answer }: { answer: { kind: string } }) => answer.kind === 'failed')).toEqual([]);

      // Whatever is damaged in the answers is a difference, unless the two runs of the original differ by as much.
      expect(answers).toHaveLength(2);
      expect(survivors(answers)).toEqual([]);

      // The trace contains the names of the environment variables, but not their values, which may be secret.
      const trace = readFileSync(join(cwd, result.trace), 'utf8');
      expect(JSON.parse(trace).tracers).toEqual(expect.arrayContaining(['supervisor', 'maps', 'ldd', 'imports']));
      expect(trace).not.toContain('postgresql://');

      const { distributions } = JSON.parse(readFileSync(join(cwd, result.trace, '../keep.json'), 'utf8')) as {
        distributions: { name: string; grade: string | null }[];
      };
      const imported = distributions.filter(({ grade }) => grade === 'app').map((distribution) => distribution.name);

      const env = (BESIDE[name] ?? []).slice(2);
      const assemble = async (level: string, as: string) => {
        const { exitCode, stdout, all } = await pyshrink(['assemble', '--json', '--level', level, '--tag', as, ...env], { cwd });
        expect([exitCode, exitCode === 0 ? '' : all]).toEqual([0, '']);
        return JSON.parse(stdout as string) as { id: string; size: number };
      };
      // The smaller image of level `observed` still gives the answers of the traced run.
      expect((await assemble('observed', `${tag}-observed`)).size / 1e6).toBeLessThanOrEqual(expected.observed);
      const smoke = await pyshrink(['smoke', '--json', ...env], { cwd });
      expect(JSON.parse(smoke.stdout as string)).toMatchObject({ image: `${tag}-observed`, passed: true });
      await assemble('whole', `${tag}-whole`);
      // Every public module of the distributions that the app imports can still be imported.
      expect((await lostModules(image, tag, imported)).lost).toEqual([]);
      if (name !== REPEATED) return;
      // Assembling the same trace again gives the same image.
      const id = (await docker('image', 'inspect', '-f', '{{.Id}}', tag)).trim();
      expect((await assemble('reachable', `${tag}-again`)).id).toBe(id);
    });
  });

  it.each(VARIANTS)('%s on the base image %s behaves the same, and is hardly larger', async (name, variant, most) => {
    const image = `pyshrink-fixture/${name}:${variant}`;
    const tag = `${small(name)}-${variant}`;
    const cwd = workdir();
    const run = await pyshrink(['shrink', image, '--json', '--tag', tag, '--exercise', join(FIXTURES, name, 'exercise.yaml')], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    const result = JSON.parse(run.stdout as string);
    expect(result).toMatchObject({ passed: true, warnings: [], repairs: [] });
    const usual = Number(await docker('image', 'inspect', '-f', '{{.Size}}', small(name)));
    expect(result.after / usual).toBeLessThanOrEqual(most);
    const results = await behave(join(FIXTURES, name), image, [{ image: tag, levels: ['reachable'] }], {});
    expect(results.length).toBeGreaterThanOrEqual(8);
    expect(results.filter(({ differences }) => differences.flat().length > 0)).toEqual([]);
  });

  describe('behaviour', () => {
    it.concurrent.each(names)('%s keeps behaviour that its exercise does not cover', async (name) => {
      const [network, env] = [BESIDE[name]?.[1], BESIDE[name]?.[3]];
      const results = await behave(
        join(FIXTURES, name),
        `pyshrink-fixture/${name}`,
        [
          { image: small(name), levels: ['reachable'] },
          { image: `${small(name)}-whole`, levels: ['whole'] },
        ],
        network === undefined ? {} : { network, env: [env as string] },
      );
      expect(results.filter(({ level }) => level === 'reachable').length).toBeGreaterThanOrEqual(8);
      expect(results.filter(({ level }) => level === 'whole').length).toBeGreaterThanOrEqual(1);
      const different = results.filter(({ differences }) => differences.flat().length > 0);
      expect(different).toEqual([]);
    });
  });
});

describeWithEngine('an app that runs other programs', () => {
  it('still runs a shell, a pipeline and jq', async () => {
    const run = await pyshrink(['shrink', 'pyshrink-fixture/wrapper', '--level', 'observed', '--tag', 'pyshrink-test/wrapper:all']);
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    expect(await docker('run', '--rm', 'pyshrink-test/wrapper:all')).toMatch(/^[0-9a-f]{40} first\n1 a\n 2 b\n3$/);
  });
});
