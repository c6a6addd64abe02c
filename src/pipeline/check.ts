import { conceal } from '../conceal.js';
import { timed } from '../debug.js';
import { LibrarySearch } from '../elf/search.js';
import type { Answers } from '../exercise/answers.js';
import { answerSecrets } from '../exercise/secrets.js';
import { environmentOf, healthcheckCommand } from '../images/config.js';
import type { RunOutcome } from '../report/summary.js';
import { repairsFor } from '../smoke/repair.js';
import { type SmokeResult, smokeImage } from '../smoke/smoke.js';
import { staticChecks } from '../smoke/static.js';
import type { Verdict } from '../smoke/verdict.js';
import type { Repair } from '../trace/schema.js';
import type { CheckRecord } from '../workspace/check.js';
import { againOf, commandsOf, givenEnvironment, type Material } from './material.js';
import { OF_ORIGINAL, orFailing } from './originals.js';
import { outcomeOfAll } from './outcomes.js';

export interface CheckOptions {
  /** Globs of paths that the user leaves out. */
  exclude: readonly string[];
  /** How many times the original may run in all, before a difference makes it run once more. */
  runs: number;
}

/** A verdict, and what it is about. */
export interface Checked {
  verdict: Verdict;
  /** What the shrunk image answered in each run; null where it did not run, or the exercise could not be done. */
  answers: (Answers | null)[];
  /** Of each run that was compared: its index in the trace, the answers that were compared, and the differences. */
  runs: { index: number; compared: number; differences: number; missing: number }[];
}

/**
 * Static checks, then the exercise on the shrunk image beside the original's answers. Where something differs, the original
 * runs once more; its answers are added to the run, so that a repaired image is compared with them too.
 */
export async function checkImage(
  material: Material,
  shrunk: string,
  { exclude, runs: times }: CheckOptions,
  say: (text: string) => void,
): Promise<Checked> {
  const { helper, original, fs, runs, trace, analyst } = material;
  const environment = { ...environmentOf(original.config.Env), ...environmentOf(givenEnvironment(material)) };
  const tree = await timed('smoke', 'the inventory of the shrunk image', () => helper.rootFsOf(shrunk));
  const small = tree.fs;
  const health = healthcheckCommand(original.config);
  const statics = await timed('smoke', 'static checks', () =>
    staticChecks({
      fs,
      small,
      config: original.config,
      environment,
      commands: [...commandsOf(material), ...(health ? [health] : [])],
      executed: trace.observations.filter(({ kind }) => kind === 'exec').map(({ path }) => path),
    }),
  );
  tree.close();
  const has = (path: string) => small.lstat(path) !== undefined;
  const seen = new Set(trace.observations.map(({ path }) => path));
  const libraries = await LibrarySearch.open(fs, environment);
  const results: (SmokeResult & { repairs: Repair[] })[] = [];
  const uncompared = (trace.untraced ?? []).map((name) => `the run ${name}: it could not be traced`);
  const answers: Checked['answers'] = [];
  const byRun: Checked['runs'] = [];
  for (const [index, run] of runs.entries()) {
    const { tests, name } = trace.runs[index] ?? {};
    if (material.failing?.has(index)) {
      uncompared.push(`the run ${name}: the original itself fails`);
      answers.push(null);
      continue;
    }
    if (tests) {
      uncompared.push(`the run of ${tests}: the shrunk image has no test runner`);
      answers.push(null);
      continue;
    }
    const sayWhose = name === undefined ? say : (text: string) => say(`${name}: ${text}`);
    const input = { ...againOf(material, run, sayWhose), fs, has, exclude, traced: (path: string) => seen.has(path) };
    const compare = { ...input, shrunk, answers: run.answers, mayRepeat: times > 1, repeated: run.answers.length > times, index };
    const smoke = await timed('smoke', `the exercise of run ${index + 1} on the shrunk image`, () =>
      orFailing(material, index, () => smokeImage(compare), OF_ORIGINAL),
    );
    if (!smoke) {
      uncompared.push(`the run ${name}: the original itself fails`);
      answers.push(null);
      continue;
    }
    answers.push(smoke.answered ?? null);
    if (smoke.again) run.answers.push(smoke.again);
    conceal(answerSecrets([...run.answers, ...(smoke.answered ? [smoke.answered] : [])]));
    const repairs = await repairsFor({ layout: trace.python, analyst, libraries, ...input, ...smoke });
    const whose = <T extends object>(all: readonly T[]) => all.map((one) => (name === undefined ? one : { ...one, run: name }));
    results.push({ ...smoke, differences: whose(smoke.differences), varied: whose(smoke.varied), repairs });
    byRun.push({ index, compared: smoke.compared, differences: smoke.differences.length, missing: smoke.missing.length });
  }
  const all = <K extends keyof SmokeResult>(key: K) => [...new Set(results.flatMap((result) => result[key] as string[]))].sort();
  const verdict = {
    ...statics,
    differences: results.flatMap(({ differences }) => differences),
    varied: results.flatMap(({ varied }) => varied),
    missing: all('missing'),
    further: all('further'),
    excluded: all('excluded'),
    compared: results.reduce((sum, { compared }) => sum + compared, 0),
    uncompared: [...uncompared, ...results.flatMap(({ uncompared }) => uncompared)],
    repairs: results.flatMap(({ repairs }) => repairs),
  };
  return { verdict, answers, runs: byRun };
}

/**
 * What a comparison found, as the workspace keeps it.
 * @param image identifier of the shrunk image
 * @param named what each run with a name came to. One that failed proves nothing, so the outcome can't be the same
 */
export function checkRecord(image: string, { verdict, answers }: Checked, named: readonly RunOutcome[] = []): CheckRecord {
  const { compared, checked, problems, differences, missing, uncompared, varied } = verdict;
  const outcome = outcomeOfAll(verdict, named);
  return { version: 1, image, outcome, compared, checked, problems, differences, missing, uncompared, varied, answers };
}
