import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { type Traced, trace } from '../index.js';
import { unsoundLine, untouchedLines } from '../report/summary.js';
import { createProgress } from '../ui/progress.js';
import { exerciseOf } from './exercise.js';
import { withEngine, withExercise, withRun } from './flags.js';
import { interruptible } from './interrupt.js';
import { print } from './print.js';

/** `pyshrink trace IMAGE [-- CMD...]` */
export function defineTrace(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withExercise(withRun(withEngine(command)))
    .argument('<IMAGE>')
    .argument('[CMD...]', "after --: instead of the image's CMD")
    .option('--append', 'add this run to the existing trace of the image')
    .action(async (image, args, flags) => {
      const exercise = await exerciseOf(args, flags);
      const { engine, append, json, limit: bounds } = flags;
      const traced = await interruptible((signal) =>
        trace({ image, exercise, append, engine, bounds, signal, progress: createProgress() }),
      );
      const { path, trace: document } = traced;
      const numbers = { observations: document.observations.length, modules: Object.keys(document.modules).length };
      print(
        json,
        { trace: path, engine: traced.engine, ...numbers, untouched: traced.untouched, warnings: document.warnings },
        lines(traced, numbers),
      );
      finish(ExitCode.done);
    });
}

function lines(
  { path, trace, outcomes, untouched }: Traced,
  { observations, modules }: { observations: number; modules: number },
): string[] {
  const done = outcomes.map(([label, outcome]) => `${label}${outcome && ` (${outcome})`}`).join(', ');
  return [
    `${path}: ${observations} observations, ${modules} modules, exercise: ${done}`,
    ...unsoundLine(trace.unsound),
    ...trace.warnings.map((warning) => `warning: ${warning}`),
    ...untouchedLines(untouched),
  ];
}
