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
import { echoedSecrets } from '../workspace/runrecord.js';
import { forEachRun } from './eachrun.js';
import { againOf, commandsOf, givenEnvironment, type Material, type Run } from './material.js';
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
  /** Secret values of variables that the verdict or the answers hold. */
  echoed: string[];
}

/** A run that was compared. */
interface Compared {
  /** Its index in the trace. */
  index: number;
  smoke: SmokeResult;
  repairs: Repair[];
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
  const { helper, original, fs, trace, analyst } = material;
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
  const compareRun = async (run: Run, index: number): Promise<Compared | { uncompared: string }> => {
    const { tests, name } = trace.runs[index] ?? {};
    const failed = { uncompared: `the run ${name}: the original itself fails` };
    if (material.failing?.has(index)) return failed;
    if (tests) return { uncompared: `the run of ${tests}: the shrunk image has no test runner` };
    const sayWhose = name === undefined ? say : (text: string) => say(`${name}: ${text}`);
    const input = { ...(await againOf(material, run, index, sayWhose)), fs, has, exclude, traced: (path: string) => seen.has(path) };
    const compare = { ...input, shrunk, answers: run.answers, mayRepeat: times > 1, repeated: run.answers.length > times, index };
    const smoke = await timed('smoke', `the exercise of run ${index + 1} on the shrunk image`, () =>
      orFailing(material, index, () => smokeImage(compare), OF_ORIGINAL),
    );
    if (!smoke) return failed;
    if (smoke.again) run.answers.push(smoke.again);
    conceal(answerSecrets([...run.answers, ...(smoke.answered ? [smoke.answered] : [])]));
    const repairs = await repairsFor({ layout: trace.python, analyst, libraries, ...input, ...smoke });
    const whose = <T extends object>(all: readonly T[]) => all.map((one) => (name === undefined ? one : { ...one, run: name }));
    return { index, smoke: { ...smoke, differences: whose(smoke.differences), varied: whose(smoke.varied) }, repairs };
  };
  const outcomes = await forEachRun(material, compareRun);
  const compared = outcomes.flatMap((outcome) => ('smoke' in outcome ? [outcome] : []));
  const results = compared.map(({ smoke }) => smoke);
  const uncompared = [
    ...(trace.untraced ?? []).map((name) => `the run ${name}: it could not be traced`),
    ...outcomes.flatMap((outcome) => ('smoke' in outcome ? [] : [outcome.uncompared])),
  ];
  const answers = outcomes.map((outcome) => ('smoke' in outcome ? (outcome.smoke.answered ?? null) : null));
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
    repairs: compared.flatMap(({ repairs }) => repairs),
  };
  const byRun = compared.map(({ index, smoke: { compared, differences, missing } }) => ({
    index,
    compared,
    differences: differences.length,
    missing: missing.length,
  }));
  return { verdict, answers, runs: byRun, echoed: echoedBy(verdict, answers, givenEnvironment(material)) };
}

/** The secrets among `NAME=VALUE` entries that a verdict or answers hold. The shrunk image may print some that the original does not. */
export function echoedBy(verdict: Verdict, answers: Checked['answers'], environment: readonly string[]): string[] {
  const { differences, varied, problems } = verdict;
  const texts = [
    ...differences.flatMap(({ original, shrunk }) => [original, shrunk]),
    ...varied.flatMap(({ originals, shrunk }) => [...originals, shrunk]),
    ...problems,
  ];
  return echoedSecrets(
    environment,
    answers.filter((one) => one !== null),
    texts,
  );
}

/**
 * What a comparison found, as the workspace keeps it.
 * @param image identifier of the shrunk image
 * @param named what each run with a name came to. One that failed proves nothing, so the outcome can't be the same
 */
export function checkRecord(image: string, { verdict, answers, echoed }: Checked, named: readonly RunOutcome[] = []): CheckRecord {
  const { compared, checked, problems, differences, missing, uncompared, varied } = verdict;
  const outcome = outcomeOfAll(verdict, named);
  return {
    version: 1,
    image,
    outcome,
    compared,
    checked,
    problems,
    differences,
    missing,
    uncompared,
    varied,
    answers,
    ...(echoed.length > 0 && { echoed }),
  };
}
