import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import { PLAIN_RUN } from '../../src/images/runoptions.js';
import type { Level } from '../../src/keep/level.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import type { Answers } from '../../src/tracing/answers.js';
import { parseHttp, type Step } from '../../src/tracing/exercise.js';
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
  level: Level;
  /** What the shrunk image does otherwise; nothing where it behaves the same. */
  differences: string[];
}

/** Does a fixture's behaviour suite on the original and on a shrunk image, as far as a level promises it. */
export async function behave(folder: string, original: string, shrunk: string, level: Level, beside: Beside = {}): Promise<Behaviour[]> {
  const { cases } = parse(readFileSync(join(folder, 'behaviour.yaml'), 'utf8')) as { cases: Case[] };
  const promised = cases.filter((one) => level === 'whole' || (one.level ?? 'reachable') === 'reachable');
  const engine = await DockerEngine.open();
  const session = await engine.openSession();
  try {
    const [before, after] = [await engine.inspect(original), await engine.inspect(shrunk)];
    const runner = new Runner(session, await Helper.start(session, before), before, beside);
    const results: Behaviour[] = [];
    for (const group of groupsOf(promised)) {
      const args = group[0]?.args ?? [];
      const steps: Step[] = group.flatMap(({ http }) => (http === undefined ? [] : [parseHttp(http)]));
      const todo: Step[] = steps.length > 0 ? steps : [{ kind: 'until-exit' }];
      const first = await runner.run(before, args, todo);
      const second = await runner.run(after, args, todo);
      const differences =
        compareAnswers(first, second).length > 0 ? compareAnswers(first, second, await runner.run(before, args, todo)) : [];
      group.forEach(({ about, level: lowest = 'reachable' }, index) => {
        const where = steps.length > 0 ? [first.steps[index]?.step, ...(index === 0 ? ['app'] : [])] : ['app', 'until exit'];
        const told = differences.filter((difference) => where.includes(difference.where));
        results.push({
          about,
          level: lowest,
          differences: told.map(({ what, original: a, shrunk: b }) => `${what}: ${a.slice(-1500)} | ${b.slice(-1500)}`),
        });
      });
    }
    return results;
  } finally {
    await session.close();
  }
}

/** Requests to the image's own server are made in one run; every other case has a run of its own. */
function groupsOf(cases: readonly Case[]): Case[][] {
  const shared = cases.filter(({ args }) => args === undefined);
  return [...(shared.length > 0 ? [shared] : []), ...cases.filter(({ args }) => args !== undefined).map((one) => [one])];
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
    return perform(app, this.original.config, steps, DEFAULT_LIMITS, () => {});
  }
}
