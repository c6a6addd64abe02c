import { timed } from '../debug.js';
import { LibrarySearch } from '../elf/search.js';
import { environmentOf, healthcheckCommand } from '../images/config.js';
import { repairsFor } from '../smoke/repair.js';
import { type SmokeResult, smokeImage } from '../smoke/smoke.js';
import { staticChecks } from '../smoke/static.js';
import type { Verdict } from '../smoke/verdict.js';
import type { Repair } from '../trace/schema.js';
import { commandsOf, givenEnvironment, type Material } from './material.js';

/** Static checks, then the exercise on the shrunk image beside the original's answers. */
export async function checkImage(material: Material, shrunk: string, say: (text: string) => void): Promise<Verdict> {
  const { context, helper, original, fs, runs, trace, analyst } = material;
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
  const libraries = await LibrarySearch.open(fs, environment);
  const results: (SmokeResult & { repairs: Repair[] })[] = [];
  for (const [index, run] of runs.entries()) {
    if (trace.runs[index]?.tests) continue; // the shrunk image has no test runner
    const smoke = await timed('smoke', `the exercise of run ${index + 1} on the shrunk image`, () =>
      smokeImage({ session: context.session, helper, original, shrunk, ...run, fs, say, has, index }),
    );
    const repairs = await repairsFor({ fs, layout: trace.python, analyst, libraries, has, ...smoke });
    results.push({ ...smoke, repairs });
  }
  return {
    ...statics,
    differences: results.flatMap(({ differences }) => differences),
    missing: [...new Set(results.flatMap(({ missing }) => missing))].sort(),
    compared: results.reduce((sum, { compared }) => sum + compared, 0),
    repairs: results.flatMap(({ repairs }) => repairs),
  };
}
