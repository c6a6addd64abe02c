import { timed } from '../debug.js';
import type { ImageInfo } from '../engines/engine.js';
import { type Exercise, storedExercise } from '../exercise/exercise.js';
import { analystOf } from '../guest/analyst.js';
import { Helper } from '../guest/helper.js';
import { unsoundSpots } from '../keep/python/unsound.js';
import { joinTraces } from '../trace/schema.js';
import { traceImage } from '../watching/trace.js';
import { type Folder, readTrace } from '../workspace/folder.js';
import type { RunRecord } from '../workspace/runrecord.js';
import type { Context } from './context.js';
import type { Material } from './material.js';

export interface TraceWishes {
  /** Adds this run to the existing trace of the image. */
  append?: boolean | undefined;
  /** Paths that the user wants in any case. */
  include?: readonly string[] | undefined;
}

/** The stages after the trace start from this; `record` lies beside the trace. */
export interface Traced extends Material {
  record: RunRecord;
}

/** Traces an image and writes the trace to its folder. */
export async function traceStage(
  context: Context,
  original: ImageInfo,
  wanted: Exercise,
  folder: Folder,
  { append, include = [] }: TraceWishes = {},
): Promise<Traced> {
  const earlier = append ? await readTrace(folder.tracePath) : undefined;
  const exercise = original.separateRoot ? wanted : { ...wanted, args: original.config.Cmd ?? [] };
  const { session, progress } = context;
  const prepare = (python?: string) =>
    progress.task(`Preparing ${original.reference}`, () =>
      timed('engine', 'starting the helper', () => Helper.start(session, original, python)),
    );
  const traceBy = (by: Helper) =>
    progress.task(`Tracing ${original.reference}`, (say) =>
      timed('watch', 'tracing', () => traceImage(session, by, original, exercise, say, include)),
    );
  let helper = await prepare(earlier?.trace.python.executable);
  let result = await traceBy(helper);
  if (result.interpreter !== undefined) {
    progress.note(`The app runs with ${result.interpreter}, not with ${helper.python.executable}: it is traced again with that.`);
    helper = await prepare(result.interpreter);
    result = await traceBy(helper);
  }
  const { watching, answers, fs } = result;
  const analyst = analystOf(helper);
  const now = {
    ...result.trace,
    unsound: await timed('keep', 'looking for computed imports', () => unsoundSpots(fs, result.trace, analyst, original.config)),
  };
  const trace = earlier ? joinTraces([earlier.trace, now]) : now;
  const record = { runs: [...(earlier?.record.runs ?? []), { exercise: storedExercise(exercise), watching, answers }] };
  await folder.saveTrace({ trace, record });
  return { context, helper, original, trace, record, runs: [{ exercise, watching, answers }], fs, analyst };
}
