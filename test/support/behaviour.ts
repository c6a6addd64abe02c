import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import { PLAIN_RUN } from '../../src/images/runoptions.js';
import type { Level } from '../../src/keep/level.js';
import { compareAnswers, type Difference } from '../../src/smoke/compare.js';
import type { Answers } from '../../src/tracing/answers.js';
import { describeStep, parseHttp, type Step } from '../../src/tracing/exercise.js';
import { Helper } from '../../src/tracing/helper.js';
import { DEFAULT_LIMITS, perform } from '../../src/tracing/perform.js';
import { WatchedApp } from '../../src/tracing/watched.js';

/** One thing that a fixture's exercise does not touch. */
interface Case {
  about: string;
  /** What follows the image's name; without, the image's own command. */
  args?: string[];
  /** A request to the server; without, the program runs until it ends. */
  http?: string;
  /** The lowest level that promises it. */
  level?: Level;
}

/** Run options of fixtures that need something beside them. */
export interface Beside {
  network?: string;
  env?: string[];
}

export interface Behaviour {
  about: string;
  /** The lowest level that promises it. */
  level: Level;
  /** For each shrunk image: what it does otherwise; nothing where it behaves the same. */
  differences: string[][];
}

/** Does a fixture's behaviour suite on the original and on images shrunk from it. */
export async function behave(folder: string, original: string, shrunk: readonly string[], beside: Beside = {}): Promise<Behaviour[]> {
  const { cases } = parse(readFileSync(join(folder, 'behaviour.yaml'), 'utf8')) as { cases: Case[] };
  const engine = await DockerEngine.open();
  const session = await engine.openSession();
  try {
    const before = await engine.inspect(original);
    const after = await Promise.all(shrunk.map((image) => engine.inspect(image)));
    const runner = new Runner(session, await Helper.start(session, before), before, beside);
    const results: Behaviour[] = [];
    for (const group of groupsOf(cases)) {
      const args = group[0]?.args ?? [];
      const steps: Step[] = group.flatMap(({ http }) => (http === undefined ? [] : [parseHttp(http)]));
      const todo: Step[] = steps.length > 0 ? steps : [{ kind: 'until-exit' }];
      const first = await runner.run(before, args, todo);
      let again: Answers | undefined;
      const differences: Difference[][] = [];
      for (const image of after) {
        const second = await runner.run(image, args, todo);
        if (compareAnswers(first, second).length > 0) again ??= await runner.run(before, args, todo);
        differences.push(again ? compareAnswers(first, second, again) : []);
      }
      group.forEach(({ about, level = 'reachable' }, index) => {
        const where = steps.length > 0 ? [first.steps[index]?.step, ...(index === 0 ? ['app'] : [])] : ['app', 'until exit'];
        results.push({ about, level, differences: differences.map((some) => some.filter((one) => where.includes(one.where)).map(told)) });
      });
    }
    return results;
  } finally {
    await session.close();
  }
}

function told({ what, original, shrunk }: Difference): string {
  return `${what}: ${original.slice(-1500)} | ${shrunk.slice(-1500)}`;
}

/** Requests to the image's own server are made in one run; every other case has a run of its own. */
function groupsOf(cases: readonly Case[]): Case[][] {
  const shared = cases.filter(({ args }) => args === undefined);
  return [...(shared.length > 0 ? [shared] : []), ...cases.filter(({ args }) => args !== undefined).map((one) => [one])];
}

/** Answers of an app that did not live to give any. */
function ended(error: Error, steps: readonly Step[]): Answers {
  return {
    steps: steps.map((step) => ({ step: describeStep(step), label: '', answer: { kind: 'failed', reason: error.message } })),
    app: { stdout: '', stderr: error.message, cut: false, exit: null },
  };
}

/** Sets are written in the order of their hashes, which differ from run to run. */
const HASHES = 'PYTHONHASHSEED=0';

class Runner {
  private count = 0;

  constructor(
    private readonly session: Session,
    private readonly helper: Helper,
    private readonly original: ImageInfo,
    private readonly beside: Beside,
  ) {}

  async run(image: ImageInfo, args: string[], steps: Step[]): Promise<Answers> {
    const { network, env = [] } = this.beside;
    const app = await WatchedApp.start(this.session, {
      image: image.id,
      config: this.original.config,
      args,
      run: { ...PLAIN_RUN, env: [...env, HASHES], ...(network !== undefined && { network }) },
      volume: this.helper.volume,
      kit: await this.helper.kitCommand(),
      name: `behaviour${this.count++}`,
    });
    return perform(app, this.original.config, steps, DEFAULT_LIMITS, () => {}).catch((error) => ended(error, steps));
  }
}
