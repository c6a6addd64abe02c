import type { ImageInfo } from '../engines/engine.js';
import { Helper } from '../tracing/helper.js';
import { type Exercise, traceImage } from '../tracing/trace.js';
import { type CommandContext, withSession } from './context.js';
import { type ExerciseFlags, exerciseOf, type RunFlags } from './options.js';
import { print } from './print.js';
import type { Material } from './stages.js';
import { Folder } from './workspace.js';

export interface TraceFlags extends RunFlags, ExerciseFlags {
  json?: true;
}

/** `pyshrink trace IMAGE [-- CMD...]` */
export async function traceCommand(reference: string, args: string[], flags: TraceFlags): Promise<number> {
  const exercise = await exerciseOf(args, flags);
  return withSession(async (context) => {
    const original = await context.engine.inspect(reference);
    const { trace, path } = await traceStage(context, original, exercise);
    print(
      flags.json,
      { trace: path, observations: trace.observations.length, modules: Object.keys(trace.modules).length, warnings: trace.warnings },
      [
        `${path}: ${trace.observations.length} observations, ${Object.keys(trace.modules).length} modules, exercise: ${trace.exercise.join(', ')}`,
        ...trace.warnings.map((warning) => `warning: ${warning}`),
      ],
    );
    return 0;
  });
}

/** Traces an image and writes the trace down. */
export async function traceStage(context: CommandContext, original: ImageInfo, exercise: Exercise): Promise<Material & { path: string }> {
  const helper = await context.progress.task(`Preparing ${original.reference}`, () => Helper.start(context.session, original));
  const { trace, answers, fs } = await context.progress.task(`Tracing ${original.reference}`, (say) =>
    traceImage(context.session, helper, original, exercise, say),
  );
  const folder = Folder.for(original.reference);
  const { env: _, ...run } = exercise.run;
  await folder.saveTrace(trace, { args: exercise.args, steps: exercise.steps ?? null, run, answers });
  return { context, helper, original, trace, answers, exercise, fs, path: folder.tracePath };
}
