import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import type { Answers } from '../../src/exercise/answers.js';
import { Helper } from '../../src/guest/helper.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { docker, pyshrink, workdir } from './engine.js';
import { firstRun } from './records.js';
import { lasting, openedIn } from './strace.js';
import type { Way } from './way.js';
import { exerciseFrom, portableStrace, runPlain, underStrace } from './ways.js';

/** Checks ways to run an app. All untraced runs share one session, which saves starting one for each. */
export class WayChecker {
  private readonly helpers = new Map<string, Promise<Helper>>();

  private constructor(
    private readonly engine: DockerEngine,
    private readonly session: Session,
    private readonly strace: string,
  ) {}

  static async open(): Promise<WayChecker> {
    const engine = await DockerEngine.open();
    return new WayChecker(engine, await engine.openSession(), await portableStrace());
  }

  /** Images with the same base have the same system interpreter, so they share one helper. */
  private helperFor(image: ImageInfo, python: string): Promise<Helper> {
    if (!python.startsWith('/usr/')) return Helper.start(this.session, image, python);
    const key = `${image.layers[0]} ${python}`;
    const known = this.helpers.get(key) ?? Helper.start(this.session, image, python);
    this.helpers.set(key, known);
    return known;
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** Shrinks an image as a user does. Compares it with the untraced original, and the trace with what strace sees. */
  async check(way: Way, name: string): Promise<void> {
    const { options = [], args = [], steps, reset = [], expectExit, input, level = 'observed' } = way;
    const { engine, session, strace } = this;
    const cwd = workdir();
    const file = join(cwd, 'exercise.yaml');
    writeFileSync(file, stringify({ steps: steps ?? ['until-exit'], reset }));
    // Without steps, a server with a health check gets pyshrink's default exercise.
    const exit = expectExit === undefined ? [] : ['--expect-exit', String(expectExit)];
    const all = [...options, ...(steps === undefined && way.healthy ? [] : ['--exercise', file]), ...exit];
    const shrunkName = `pyshrink-test/way-${name.replace(/^.*\//, '')}:small`;

    const run = await pyshrink(
      ['shrink', name, '--json', '--level', level, '--tag', shrunkName, ...all, ...(args.length > 0 ? ['--', ...args] : [])],
      { cwd, ...(input !== undefined && { input }) },
    );
    expect(run.exitCode, run.all as string).toBe(0);
    const result = JSON.parse(run.stdout as string);
    const trace = JSON.parse(readFileSync(join(cwd, result.trace), 'utf8'));
    const [traced, second] = firstRun(join(cwd, result.trace)).answers as [Answers, Answers];
    expect(traced.steps.filter(({ answer }: { answer: { kind: string } }) => answer.kind === 'failed')).toEqual([]);
    if (!way.mayWarn)
      expect(result.warnings).toEqual(way.warns ? expect.arrayContaining(way.warns.map((text) => expect.stringContaining(text))) : []);
    for (const text of way.notes ?? []) expect(result.notes.join('\n')).toContain(text);
    expect(result.repairs.length > 0, `${run.stderr}${JSON.stringify(result.repairs)}`).toBe(way.repaired !== undefined);
    if (way.most !== undefined) expect(result.after / 1e6).toBeLessThanOrEqual(way.most);

    const exercise = await exerciseFrom(
      all.filter((option) => option !== '-i'),
      args,
    );
    if (input !== undefined) exercise.input = Buffer.from(input).toString('base64');
    const image = await engine.inspect(name);
    const helper = await this.helperFor(image, trace.python.executable);
    const runOf = (one: ImageInfo) => runPlain(session, helper, one, exercise);
    const plain = await runOf(image);
    const again = () => runOf(image);
    let { differences } = compareAnswers([traced, second], plain.answers);
    if (differences.length > 0) ({ differences } = compareAnswers([traced, second, (await again()).answers], plain.answers));
    expect(differences, 'traced, it does what it does untraced').toEqual([]);

    // Runs the shrunk image untraced, as users will run it.
    const shrunk = await runOf(await engine.inspect(shrunkName));
    ({ differences } = compareAnswers([plain.answers, traced], shrunk.answers));
    if (differences.length > 0) ({ differences } = compareAnswers([plain.answers, traced, (await again()).answers], shrunk.answers));
    expect([differences, shrunk.exit], 'the shrunk image does what the original does').toEqual([[], plain.exit]);
    if (way.healthy) expect(await health(shrunkName)).toBe('healthy');
    for (const [path, mode] of Object.entries(way.keeps ?? {})) {
      const entry = (await helper.rootFsOf((await engine.inspect(shrunkName)).id)).fs.lstat(path);
      expect(entry?.mode.toString(8)).toBe(String(mode));
    }

    if (way.withoutStrace) return;
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
  }
}

/** Health status of a new container, after the daemon has run the health check. */
async function health(image: string): Promise<string> {
  const id = await docker('run', '-d', image);
  try {
    for (;;) {
      const status = await docker('inspect', '-f', '{{.State.Health.Status}}', id);
      if (status !== 'starting') return status;
      await new Promise((go) => setTimeout(go, 100));
    }
  } finally {
    await docker('rm', '-f', id);
  }
}
