import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { Session } from '../../src/engines/engine.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { Helper } from '../../src/tracing/helper.js';
import { buildFolder, describeWithEngine, FIXTURES, pyshrink, workdir } from '../support/engine.js';
import { lasting, openedIn } from '../support/strace.js';
import { exerciseFrom, portableStrace, runPlain, underStrace } from '../support/ways.js';

interface Case {
  name: string;
  /** Base; by default the image of the Dockerfile beside. */
  from?: string;
  dockerfile: string;
  options?: string[];
  args?: string[];
  steps?: unknown[];
  /** Why strace can't be held against it. */
  withoutStrace?: string;
  /** Why it takes a repair. */
  repaired?: string;
  /** The level that it takes, by default `observed`. */
  level?: string;
  /** What a user is told. */
  warns?: string;
}

const FOLDER = join(FIXTURES, 'entrypoint-zoo');
const { cases } = { cases: parse(readFileSync(join(FOLDER, 'cases.yaml'), 'utf8')) as Case[] };

describeWithEngine.concurrent('however an app is run', () => {
  let engine: DockerEngine;
  let session: Session;
  let strace: string;

  beforeAll(async () => {
    engine = await DockerEngine.open();
    session = await engine.openSession();
    strace = await portableStrace();
  });
  afterAll(() => session?.close());

  it.each(cases)(
    '$name',
    async ({
      from = 'pyshrink-fixture/entrypoint-zoo',
      dockerfile,
      options = [],
      args = [],
      steps,
      withoutStrace,
      repaired,
      level = 'observed',
      warns,
    }) => {
      const folder = workdir();
      cpSync(join(FOLDER, 'files'), join(folder, 'files'), { recursive: true });
      writeFileSync(join(folder, 'Dockerfile'), `FROM ${from}\n${dockerfile}`);
      const name = await buildFolder(folder);
      const file = join(folder, 'exercise.yaml');
      writeFileSync(file, stringify({ steps: steps ?? ['until-exit'] }));
      const all = [...options, '--exercise', file];

      const exercise = await exerciseFrom(all, args);
      const image = await engine.inspect(name);
      const shrunkName = `${name}:small`;
      const cwd = workdir();
      const run = await pyshrink(
        ['shrink', name, '--json', '--level', level, '--tag', shrunkName, ...all, ...(args.length > 0 ? ['--', ...args] : [])],
        {
          cwd,
        },
      );
      expect(run.exitCode, run.all as string).toBe(0);
      const result = JSON.parse(run.stdout as string);
      const trace = JSON.parse(readFileSync(join(cwd, result.trace), 'utf8'));
      const [traced] = JSON.parse(readFileSync(join(cwd, result.trace.replace('trace.json', 'private.json')), 'utf8')).runs;
      if (warns) expect(result.warnings.join('\n')).toContain(warns);
      expect(result.repairs.length > 0, JSON.stringify(result.repairs)).toBe(repaired !== undefined);

      const helper = await Helper.start(session, image, trace.python.executable);
      const plain = await runPlain(session, helper, image, exercise);
      const again = () => runPlain(session, helper, image, exercise);
      let differences = compareAnswers(plain.answers, traced.answers);
      if (differences.length > 0) differences = compareAnswers(plain.answers, traced.answers, (await again()).answers);
      expect(differences, 'traced, it does what it does untraced').toEqual([]);

      // The shrunk image, as it will be run.
      const shrunk = await runPlain(session, helper, await engine.inspect(shrunkName), exercise);
      differences = compareAnswers(plain.answers, shrunk.answers);
      if (differences.length > 0) differences = compareAnswers(plain.answers, shrunk.answers, (await again()).answers);
      expect([differences, shrunk.exit], 'the shrunk image does what the original does').toEqual([[], plain.exit]);

      if (withoutStrace) return;
      const out = workdir();
      chmodSync(out, 0o777);
      const mounts = [`${strace}:/strace:ro`, `${out}:/strace-out`];
      await runPlain(session, helper, image, exercise, { wrap: underStrace(), mounts });
      const logs = readdirSync(out).map((log) => readFileSync(join(out, log), 'utf8'));
      const files = logs.flatMap((log) => lasting(openedIn(log, image.config.WorkingDir ?? '/')));
      const seen = new Set<string>(trace.observations.map(({ path }: { path: string }) => path));
      expect(files.length).toBeGreaterThan(10);
      expect(
        [...new Set(files)].filter((path) => !seen.has(path)),
        'files that strace saw, and the trace lacks',
      ).toEqual([]);
    },
  );
});
