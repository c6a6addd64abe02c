import type { ImageInfo } from '../engines/engine.js';
import { unprovenError, usageError } from '../errors.js';
import type { Exercise } from '../exercise/exercise.js';
import type { ImageName } from '../images/name.js';
import type { Limits } from '../report/budget.js';
import { buildReport } from '../report/build.js';
import type { Report } from '../report/model.js';
import type { RunOutcome } from '../report/summary.js';
import { passed, type Verdict } from '../smoke/verdict.js';
import type { Folder } from '../workspace/folder.js';
import { assembleDraft, type Draft, type KeepChoice } from './assemble.js';
import { type Checked, checkImage, checkRecord } from './check.js';
import type { Context } from './context.js';
import { openImage } from './images.js';
import { repeatOriginal, requireWorking } from './originals.js';
import { outcomesOf } from './outcomes.js';
import { assembleUntilPassed } from './repair.js';
import { resultOf } from './result.js';
import { publish, requireHolds, type Target, type TargetChoice, targetOf } from './target.js';
import { storedRun, type Traced, traceStage } from './trace.js';
import { type NamedExercise, traceRuns, type Untraced } from './traceruns.js';

export interface ShrinkInput extends KeepChoice, TargetChoice {
  image: ImageName;
  /** One exercise, or several with names, all for one image. */
  exercise: Exercise | readonly NamedExercise[];
  /** The image to build on; undefined for scratch. */
  base: ImageName | undefined;
  folder: Folder;
  /** How many times the original runs before it is compared. With 1, it never starts twice. */
  runs: number;
  /** How large the shrunk image may be. One that is larger gets no name. */
  limits: Limits;
}

export interface Shrunk {
  traced: Traced;
  target: Target;
  draft: Draft;
  verdict: Verdict;
  /** What each run came to; empty where the runs have no names. */
  runs: RunOutcome[];
  /** Whether the image has got its name. */
  published: boolean;
  /** Bytes of the shrunk image. */
  size: number;
  /** What is in it, and why. */
  report: Report;
}

/** Differences that a line about a repair names. */
const NAMED = 3;

/** Traces, assembles and checks an image, and repairs it until it passes. Only then does it get its name. */
export async function shrinkStage(context: Context, input: ShrinkInput): Promise<Shrunk> {
  const { session, progress } = context;
  const { image, exercise, folder } = input;
  const target = await targetOf(context, image, input, folder);
  const one = 'run' in exercise ? exercise : firstOf(exercise).exercise;
  const { platform, env } = one.run;
  const original = await openImage(context, image, { platform, command: one.args, environment: env });
  const base: ImageInfo | undefined = input.base && (await openImage(context, input.base));
  const { traced, untraced } = await traceAll(context, original, input);
  const assemble = async (say: (text: string) => void) => {
    // The original's second run takes little time beside the assembling.
    const [draft] = await Promise.all([assembleDraft(traced, input, base), repeatOriginal(traced, input.runs, say)]);
    await requireHolds(target, draft.entries);
    return draft;
  };
  let checked: Checked | undefined;
  const { draft, verdict } = await assembleUntilPassed({
    assemble: () => progress.task(`Assembling ${target.name.text}`, assemble),
    check: async ({ id }) => {
      checked = await progress.task('Comparing it with the original', (say) => checkImage(traced, id, input, say));
      return checked.verdict;
    },
    add: async (repairs, verdict) => {
      progress.note(`${differs(verdict)}: ${repairs.length} paths that it looked for are added.`);
      traced.trace.repairs.push(...repairs);
      await folder.saveTrace(traced);
    },
    keepDebug: (verdict) => {
      progress.note(`${differs(verdict)}, and looked for nothing that is missing: debug information is kept now.`);
      traced.trace.debugNeeded = true;
    },
  });
  // Where it did not help, something else is the cause.
  if (!passed(verdict)) delete traced.trace.debugNeeded;
  traced.record = { runs: traced.runs.map(storedRun) };
  await folder.saveTrace(traced);
  const { size } = await session.inspect(draft.id);
  const runs = outcomesOf(traced, untraced, checked);
  const check = checked && checkRecord(draft.id, checked, runs);
  const made = { target, keep: input, base: base?.reference, traces: [folder.tracePath], size };
  const result = await resultOf(context, original, draft, made);
  const report = buildReport({ trace: traced.trace, record: traced.record, made: { result, keep: draft.report }, check }, input.limits);
  if (check) await folder.saveCheck(check);
  const published = passed(verdict) && !report.budget?.exceeded && runs.every(({ outcome }) => outcome === 'same');
  if (published) await publish(context, draft.id, target);
  // Also of an image without a name: people want to see why it has none.
  await folder.saveResult(published ? result : { ...result, named: false }, draft.report);
  return { traced, target, draft, verdict, runs, published, size, report };
}

/** What differs, in a few words. */
function differs({ differences }: Verdict): string {
  const what = differences.slice(0, NAMED).map((difference) => `${difference.where}: ${difference.what}`);
  return `It behaves differently${what.length > 0 ? ` (${what.join(', ')})` : ''}`;
}

/** @throws UserError where there is none */
function firstOf(exercises: readonly NamedExercise[]): NamedExercise {
  if (exercises[0]) return exercises[0];
  throw usageError('There is no run.', 'Give at least one.');
}

/** Traces what the input asks for. A single exercise without a name has to work; of several, each may fail. */
async function traceAll(
  context: Context,
  original: ImageInfo,
  { exercise, folder, include }: ShrinkInput,
): Promise<{ traced: Traced; untraced: Untraced[] }> {
  if ('run' in exercise) {
    const traced = await traceStage(context, original, exercise, folder, { include });
    requireWorking(traced);
    return { traced, untraced: [] };
  }
  const { untraced, ...traced } = await traceRuns(context, original, exercise, folder, include);
  // Where no run works, there is nothing that an image could be compared with.
  const [first] = traced.failing;
  if (first && traced.failing.size === traced.runs.length) {
    const [index, { what, remedy }] = first;
    throw unprovenError(`No run of ${original.reference} works, so nothing is proven. ${traced.trace.runs[index]?.name}: ${what}`, remedy);
  }
  return { traced, untraced };
}
