import { readFile } from 'node:fs/promises';
import { assembleImage, keptEntries, placesOf } from '../assemble/assemble.js';
import { type Overlay, overBase } from '../assemble/base.js';
import type { CommandContext } from '../commands/context.js';
import type { KeepFlags } from '../commands/options.js';
import { LibrarySearch } from '../elf/search.js';
import type { ImageInfo } from '../engines/engine.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import type { Helper } from '../guest/helper.js';
import { environmentOf, healthcheckCommand } from '../images/config.js';
import { computeKeepSet } from '../keep/compute.js';
import type { KeepSet } from '../keep/keepset.js';
import type { Level } from '../keep/level.js';
import type { Analyst } from '../keep/python/world.js';
import { keepReport } from '../report/keep.js';
import type { KeepReport } from '../report/schema.js';
import type { RootFs } from '../rootfs.js';
import { repairsFor } from '../smoke/repair.js';
import { type SmokeResult, smokeImage } from '../smoke/smoke.js';
import { staticChecks } from '../smoke/static.js';
import type { Repair, Trace } from '../trace/schema.js';
import { commandOf } from '../watching/app.js';
import type { Watching } from '../watching/run.js';
import { openImage } from './images.js';

/** All that the stages after the trace start from. */
export interface Material {
  context: CommandContext;
  helper: Helper;
  original: ImageInfo;
  trace: Trace;
  /** The runs of the trace, one after the other. */
  runs: Run[];
  fs: RootFs;
  analyst: Analyst;
}

export interface Run {
  exercise: Exercise;
  watching: Watching;
  /** What the original answered. */
  answers: Answers;
}

/** An image under its temporary name. */
export interface Draft {
  id: string;
  files: number;
  notes: string[];
  report: KeepReport;
}

/** The image to build on; undefined for scratch. @throws UserError where there is none of that name */
export async function baseImage(context: CommandContext, flags: KeepFlags): Promise<ImageInfo | undefined> {
  return flags.base === 'scratch' ? undefined : openImage(context, flags.base);
}

/** Computes the keep set and streams the image into the engine. */
export async function assembleDraft(material: Material, flags: KeepFlags, base: ImageInfo | undefined): Promise<Draft> {
  const { context, helper, original, trace, fs, analyst } = material;
  const keepFile = await readFile('.pyshrinkkeep', 'utf8').catch(() => undefined);
  const level = levelFor(trace, flags.level);
  const { keep, notes, python, grades } = await computeKeepSet({
    fs,
    trace,
    config: original.config,
    env: environmentEntriesOf(material),
    commands: commandsOf(material),
    level,
    analyst,
    choice: { include: flags.include, exclude: flags.exclude, ...(keepFile !== undefined && { keepFile }) },
  });
  const tree = base ? await placeOver(base, material, keep) : { entries: keptEntries(keep, fs), fs };
  const { id, files } = await assembleImage({
    session: context.session,
    original,
    base,
    ...tree,
    trace,
    level,
    contents: (wanted, use) => helper.contents(wanted, use),
  });
  if (level !== flags.level) notes.push(`kept at ${level} instead of ${flags.level}: the weaker tracers do not see all that runs`);
  return {
    id,
    files,
    notes,
    report: keepReport({ fs, keep, python, grades, image: trace.image, level, places: placesOf(trace.python, fs) }),
  };
}

/** What was seen is enough to go by only where everything was. */
function levelFor({ tracers }: Trace, wanted: Level): Level {
  return wanted === 'observed' && !tracers.includes('supervisor') ? 'reachable' : wanted;
}

function environmentEntriesOf({ runs }: Material): string[] {
  return [...new Set(runs.flatMap(({ exercise }) => exercise.run.env))];
}

/** What the runs started; where that was a test runner, what the image would have. */
function commandsOf({ runs, original, trace }: Material): string[][] {
  return runs.map(({ exercise }, index) => commandOf(original.config, exercise.run, trace.runs[index]?.tests ? [] : exercise.args));
}

async function placeOver(base: ImageInfo, { helper, fs, trace }: Material, keep: KeepSet): Promise<Overlay> {
  const tree = await helper.rootFsOf(base.id);
  try {
    return await overBase({ name: base.reference, base: tree.fs, original: fs, python: trace.python.executable, keep });
  } finally {
    tree.close();
  }
}

export interface Verdict extends Pick<SmokeResult, 'differences' | 'missing' | 'compared'> {
  /** What would not even start. */
  problems: string[];
  checked: number;
  /** What the shrunk image looked for in vain: adding it may mend what differs. */
  repairs: Repair[];
}

/** Static checks, then the exercise on the shrunk image beside the original's answers. */
export async function checkImage(material: Material, shrunk: string, say: (text: string) => void): Promise<Verdict> {
  const { context, helper, original, fs, runs, trace } = material;
  const tree = await helper.rootFsOf(shrunk);
  const small = tree.fs;
  const health = healthcheckCommand(original.config);
  const environment = { ...environmentOf(original.config.Env), ...environmentOf(environmentEntriesOf(material)) };
  const statics = await staticChecks({
    fs,
    small,
    config: original.config,
    environment,
    commands: [...commandsOf(material), ...(health ? [health] : [])],
    executed: material.trace.observations.filter(({ kind }) => kind === 'exec').map(({ path }) => path),
  });
  tree.close();
  const verdict: Verdict = { problems: statics.problems, checked: statics.checked, differences: [], missing: [], compared: 0, repairs: [] };
  const has = (path: string) => small.lstat(path) !== undefined;
  const libraries = await LibrarySearch.open(fs, environment);
  for (const [index, { exercise, watching, answers }] of runs.entries()) {
    if (trace.runs[index]?.tests) continue; // the test runner is not in the shrunk image
    const smoke = await smokeImage({
      session: context.session,
      helper,
      original,
      shrunk,
      exercise,
      watching,
      answers,
      fs,
      say,
      has,
      index,
    });
    verdict.differences.push(...smoke.differences);
    verdict.missing = [...new Set([...verdict.missing, ...smoke.missing])].sort();
    verdict.compared += smoke.compared;
    verdict.repairs.push(
      ...(await repairsFor({
        fs,
        layout: trace.python,
        analyst: material.analyst,
        libraries,
        has,
        ...smoke,
      })),
    );
  }
  return verdict;
}

export function passed({ problems, differences, missing }: Verdict): boolean {
  return problems.length + differences.length + missing.length === 0;
}
