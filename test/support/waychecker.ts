import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import { Helper } from '../../src/guest/helper.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { docker, pyshrink, workdir } from './engine.js';
import { firstRun } from './records.js';
import { lasting, openedIn } from './strace.js';
import { exerciseFrom, portableStrace, runPlain, underStrace } from './ways.js';

/** A way in which an app is run: fixtures/NAME/way.yaml, or a case of the entrypoint zoo. */
export interface Way {
  name: string;
  /** Run options of `docker run`, and what follows the image's name. */
  options?: string[];
  args?: string[];
  /** As in an exercise file. */
  steps?: unknown[];
  reset?: string[];
  /** What the app reads. */
  input?: string;
  /** Parts of what a user is told; without, there are no warnings. */
  warns?: string[];
  /** Why there may be warnings, and need not. */
  mayWarn?: string;
  /** Parts of what a user is told of the keep set. */
  notes?: string[];
  /** Why strace can't be held against it. */
  withoutStrace?: string;
  /** Seconds that it may take to end, on a busy computer, when it is told to. */
  patience?: number;
  /** Why it takes a repair. */
  repaired?: string;
  /** The level that it takes, by default `observed`. */
  level?: string;
  /** Most that the shrunk image may weigh, in MB. */
  most?: number;
  /** Whether its health check passes in the shrunk image as well. */
  healthy?: boolean;
  /** Modes of programs in the shrunk image, as stat(1) prints them. */
  keeps?: Record<string, number>;
}

/** Checks ways of running an app, in one session of its own for all untraced runs. */
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

  /** Interpreters of the system are the same in all images over one base, and serve all of them. */
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

  /** Shrinks an image as a user does, and compares it with the untraced original and with what strace sees. */
  async check(way: Way, name: string): Promise<void> {
    const { options = [], args = [], steps, reset = [], input, level = 'observed', patience = 0 } = way;
    const { engine, session, strace } = this;
    const cwd = workdir();
    const file = join(cwd, 'exercise.yaml');
    writeFileSync(file, stringify({ steps: steps ?? ['until-exit'], reset }));
    // Without steps, a server is asked for what it is asked for by default.
    const all = [...options, ...(steps === undefined && way.healthy ? [] : ['--exercise', file])];
    const shrunkName = `pyshrink-test/way-${name.replace(/^.*\//, '')}:small`;

    const run = await pyshrink(
      ['shrink', name, '--json', '--level', level, '--tag', shrunkName, ...all, ...(args.length > 0 ? ['--', ...args] : [])],
      { cwd, ...(input !== undefined && { input }) },
    );
    expect(run.exitCode, run.all as string).toBe(0);
    const result = JSON.parse(run.stdout as string);
    const trace = JSON.parse(readFileSync(join(cwd, result.trace), 'utf8'));
    const traced = firstRun(join(cwd, result.trace));
    expect(traced.answers.steps.filter(({ answer }: { answer: { kind: string } }) => answer.kind === 'failed')).toEqual([]);
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
    const runOf = (one: ImageInfo) => runPlain(session, helper, one, exercise, { patience });
    const plain = await runOf(image);
    const again = () => runOf(image);
    let differences = compareAnswers(plain.answers, traced.answers);
    if (differences.length > 0) differences = compareAnswers(plain.answers, traced.answers, (await again()).answers);
    expect(differences, 'traced, it does what it does untraced').toEqual([]);

    // The shrunk image, as it will be run.
    const shrunk = await runOf(await engine.inspect(shrunkName));
    differences = compareAnswers(plain.answers, shrunk.answers);
    if (differences.length > 0) differences = compareAnswers(plain.answers, shrunk.answers, (await again()).answers);
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

/** What the daemon finds, running the health check by itself. */
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
