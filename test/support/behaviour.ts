import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import type { ImageInfo, Session } from '../../src/engines/engine.js';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import type { Answers } from '../../src/exercise/answers.js';
import { PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { describeStep, parseHttp, type Step } from '../../src/exercise/steps.js';
import { Helper } from '../../src/guest/helper.js';
import type { Level } from '../../src/keep/level.js';
import { compareAnswers, type Difference } from '../../src/smoke/compare.js';
import { runPlain } from './ways.js';

/** One behaviour that the fixture's exercise does not cover. */
interface Case {
  about: string;
  /** Arguments after the image's name. Default: the image's own command. */
  args?: string[];
  /** A request to the server. Default: the program runs until it ends. */
  http?: string;
  /** The lowest level that promises this behaviour. Default: `reachable`. */
  level?: Level;
}

/** Run options for fixtures that need another container, e.g. a database. */
export interface Beside {
  network?: string;
  env?: string[];
}

/** A shrunk image, and the levels whose cases it is tested with. */
export interface Tried {
  image: string;
  levels: readonly Level[];
}

export interface Behaviour {
  about: string;
  /** The lowest level that promises this behaviour. */
  level: Level;
  /** For each shrunk image, its differences from the original. Empty if it behaves the same or was not tested. */
  differences: string[][];
}

/** Number of groups that run in parallel. It can be higher than the number of CPUs, because a case mostly waits for the engine. */
const AT_ONCE = 3;

/** Runs a fixture's behaviour suite on the original image and on images that were shrunk from it. */
export async function behave(folder: string, original: string, shrunk: readonly Tried[], beside: Beside = {}): Promise<Behaviour[]> {
  const { cases } = parse(readFileSync(join(folder, 'behaviour.yaml'), 'utf8')) as { cases: Case[] };
  const engine = await DockerEngine.open();
  const session = await engine.openSession();
  try {
    const before = await engine.inspect(original);
    const after = await Promise.all(shrunk.map(async ({ image, levels }) => ({ image: await engine.inspect(image), levels })));
    const runner = new Runner(session, await Helper.start(session, before), beside);
    const groups = groupsOf(cases);
    const results: Behaviour[][] = groups.map(() => []);
    const pending = [...groups.entries()];
    const work = async () => {
      for (let next = pending.shift(); next; next = pending.shift()) results[next[0]] = await compareGroup(runner, before, after, next[1]);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return results.flat();
  } finally {
    await session.close();
  }
}

async function compareGroup(
  runner: Runner,
  before: ImageInfo,
  after: readonly { image: ImageInfo; levels: readonly Level[] }[],
  group: readonly Case[],
): Promise<Behaviour[]> {
  const args = group[0]?.args ?? [];
  const steps: Step[] = group.flatMap(({ http }) => (http === undefined ? [] : [parseHttp(http)]));
  const todo: Step[] = steps.length > 0 ? steps : [{ kind: 'until-exit' }];
  const first = await runner.run(before, args, todo);
  let again: Answers | undefined;
  const differences: Difference[][] = [];
  for (const { image, levels } of after) {
    if (!group.some(({ level = 'reachable' }) => levels.includes(level))) {
      differences.push([]);
      continue;
    }
    const second = await runner.run(image, args, todo);
    const { differences: found } = compareAnswers([first], second);
    if (found.length > 0) again ??= await runner.run(before, args, todo);
    differences.push(found.length > 0 && again ? compareAnswers([first, again], second).differences : []);
  }
  return group.map(({ about, level = 'reachable' }, index) => {
    const where = steps.length > 0 ? [first.steps[index]?.step, ...(index === 0 ? ['app'] : [])] : ['app', 'until exit'];
    const mine = differences.map((some, at) => (after[at]?.levels.includes(level) ? some.filter((one) => where.includes(one.where)) : []));
    return { about, level, differences: mine.map((some) => some.map(told)) };
  });
}

function told({ what, original, shrunk }: Difference): string {
  return `${what}: ${original.slice(-1500)} | ${shrunk.slice(-1500)}`;
}

/** Puts all requests to the image's own server into one run, which saves container starts. Every other case gets its own run. */
function groupsOf(cases: readonly Case[]): Case[][] {
  const shared = cases.filter(({ args }) => args === undefined);
  return [...(shared.length > 0 ? [shared] : []), ...cases.filter(({ args }) => args !== undefined).map((one) => [one])];
}

/** Stands for the answers of an app that ended before it gave any. */
function ended(error: Error, steps: readonly Step[]): Answers {
  const now = Date.now();
  return {
    time: { start: now, end: now },
    steps: steps.map((step) => ({ step: describeStep(step), label: '', answer: { kind: 'failed', reason: error.message } })),
    app: { stdout: '', stderr: error.message, cut: false, exit: null },
  };
}

/** Fixes the hash seed. Without it, the order in which a set is printed differs between runs. */
const HASHES = 'PYTHONHASHSEED=0';

/** Runs the cases as a user runs the images, without tracing. */
class Runner {
  constructor(
    private readonly session: Session,
    private readonly helper: Helper,
    private readonly beside: Beside,
  ) {}

  async run(image: ImageInfo, args: string[], steps: Step[]): Promise<Answers> {
    const { network, env = [] } = this.beside;
    const run = { ...PLAIN_RUN, env: [...env, HASHES], ...(network !== undefined && { network }) };
    return runPlain(this.session, this.helper, image, { ...PLAIN_EXERCISE, args, run, steps }, { abrupt: true }).then(
      ({ answers }) => answers,
      (error) => ended(error, steps),
    );
  }
}
