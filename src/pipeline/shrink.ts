import type { ImageInfo } from '../engines/engine.js';
import type { Exercise } from '../exercise/exercise.js';
import { requireAttributes } from '../images/layers/attributes.js';
import type { ImageName } from '../images/name.js';
import type { Limits } from '../report/budget.js';
import { buildReport } from '../report/build.js';
import type { Report } from '../report/model.js';
import { passed, type Verdict } from '../smoke/verdict.js';
import type { Folder } from '../workspace/folder.js';
import { assembleDraft, type Draft, type KeepChoice } from './assemble.js';
import { type Checked, checkImage, checkRecord } from './check.js';
import type { Context } from './context.js';
import { openImage } from './images.js';
import { repeatOriginal, requireWorking } from './originals.js';
import { assembleUntilPassed } from './repair.js';
import { resultOf } from './result.js';
import { publish, type Target, type TargetChoice, targetOf } from './target.js';
import { storedRun, type Traced, traceStage } from './trace.js';

export interface ShrinkInput extends KeepChoice, TargetChoice {
  image: ImageName;
  exercise: Exercise;
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
  const { platform, env } = exercise.run;
  const original = await openImage(context, image, { platform, command: exercise.args, environment: env });
  const base: ImageInfo | undefined = input.base && (await openImage(context, input.base));
  const traced = await traceStage(context, original, exercise, folder, input);
  requireWorking(traced);
  const assemble = async (say: (text: string) => void) => {
    // The original's second run takes little time beside the assembling.
    const [draft] = await Promise.all([assembleDraft(traced, input, base), repeatOriginal(traced, input.runs, say)]);
    const { name } = target;
    if (name.transport === 'rootfs') {
      const kept = Object.keys(draft.report.kept).flatMap((path) => traced.fs.lstat(path) ?? []);
      await requireAttributes(name.path, kept);
    }
    return draft;
  };
  let checked: Checked | undefined;
  const { draft, verdict } = await assembleUntilPassed({
    assemble: () => progress.task(`Assembling ${target.name.text}`, assemble),
    check: async ({ id }) => {
      checked = await progress.task('Comparing it with the original', (say) => checkImage(traced, id, input, say));
      return checked.verdict;
    },
    add: async (repairs, { differences }) => {
      const what = differences.slice(0, NAMED).map((difference) => `${difference.where}: ${difference.what}`);
      progress.note(
        `It behaves differently${what.length > 0 ? ` (${what.join(', ')})` : ''}: ${repairs.length} paths that it looked for are added.`,
      );
      traced.trace.repairs.push(...repairs);
      await folder.saveTrace(traced);
    },
  });
  traced.record = { runs: traced.runs.map(storedRun) };
  await folder.saveTrace(traced);
  const { size } = await session.inspect(draft.id);
  const check = checked && checkRecord(draft.id, checked);
  const made = { target, keep: input, base: base?.reference, traces: [folder.tracePath], size };
  const result = await resultOf(context, original, draft, made);
  const report = buildReport({ trace: traced.trace, record: traced.record, made: { result, keep: draft.report }, check }, input.limits);
  if (check) await folder.saveCheck(check);
  const isNamed = passed(verdict) && !report.budget?.exceeded;
  if (isNamed) await publish(context, draft.id, target);
  // Also of an image without a name: people want to see why it has none.
  await folder.saveResult(isNamed ? result : { ...result, named: false }, draft.report);
  return { traced, target, draft, verdict, size, report };
}
