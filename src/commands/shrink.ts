import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { shrink } from '../index.js';
import { shrinkLines } from '../report/summary.js';
import { createProgress } from '../ui/progress.js';
import { withBudget } from './budgetflags.js';
import { exerciseOf } from './exercise.js';
import { withEngine, withExercise, withImage, withRun, withRuns } from './flags.js';
import { interruptible } from './interrupt.js';
import { EXIT_CODES, print } from './print.js';
import { onlyAfterDashes, projectOptions } from './project.js';

/** `pyshrink shrink [IMAGE] [-- CMD...]` */
export function defineShrink(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withImage(withRuns(withExercise(withRun(withEngine(withBudget(command))))))
    .argument('[IMAGE]', 'default: the image and the runs of pyshrink.yaml')
    .argument('[CMD...]', "after --: instead of the image's CMD")
    .option('-f, --file <FILE>', 'a file with the image and its runs (default: pyshrink.yaml, where no image is named)')
    .action(async (name, args, flags, self) => {
      const isWritten = (option: string) => self.getOptionValueSource(option) === 'cli';
      const { json, level, targetGpu, include, exclude, base, tag, output, force, engine, runs, maxSize, maxFiles, limit: bounds } = flags;
      const choices = {
        level,
        targetGpu,
        include,
        exclude,
        base,
        tag,
        output,
        force,
        engine,
        runs,
        maxSize,
        maxFiles,
        bounds,
      };
      const options = await projectOptions(flags.file, {
        image: name,
        args,
        isCommandOnly: onlyAfterDashes(process.argv, self.args.length),
        flags,
        isWritten,
      });
      const wanted = options ? { ...choices, ...options } : { ...choices, image: name as string, exercise: await exerciseOf(args, flags) };
      const summary = await interruptible((signal) => shrink({ ...wanted, signal, progress: createProgress() }));
      const { target: _, filesBefore: __, folder: ___, unsound: ____, highlights: _____, ...document } = summary;
      print(json, document, shrinkLines(wanted.image, summary));
      finish(summary.passed && summary.budget?.exceeded ? ExitCode.overBudget : EXIT_CODES[summary.outcome]);
    });
}
