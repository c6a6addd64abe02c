import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { shrink } from '../index.js';
import { shrinkLines } from '../report/summary.js';
import { createProgress } from '../ui/progress.js';
import { withBudget } from './budgetflags.js';
import { withEngine, withExercise, withImage, withRun, withRuns } from './flags.js';
import { interruptible } from './interrupt.js';
import { EXIT_CODES, print } from './print.js';
import { onlyAfterDashes, wishesOf } from './project.js';

/** `pyshrink shrink [IMAGE] [-- CMD...]` */
export function defineShrink(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withImage(withRuns(withExercise(withRun(withEngine(withBudget(command))))))
    .argument('[IMAGE]', 'default: the image and the runs of pyshrink.yaml')
    .argument('[CMD...]', "after --: instead of the image's CMD")
    .option('-f, --file <FILE>', 'a file with the image and its runs (default: pyshrink.yaml, where no image is named)')
    .option('--compose <FILE>', 'a compose file: its services of the image are the runs, the others run beside them')
    .option('--use-external', 'use networks and volumes that exist outside of the compose project')
    .option('--no-binds', 'leave out mounts of a compose file that hide files of the app')
    .option('--write-override <FILE>', 'write a compose file that uses the shrunk image')
    .action(async (name, args, flags, self) => {
      const isWritten = (option: string) => self.getOptionValueSource(option) === 'cli';
      const choices = {
        level: flags.level,
        targetGpu: flags.targetGpu,
        include: flags.include,
        exclude: flags.exclude,
        base: flags.base,
        tag: flags.tag,
        output: flags.output,
        force: flags.force,
        engine: flags.engine,
        runs: flags.runs,
        jobs: flags.jobs,
        maxSize: flags.maxSize,
        maxFiles: flags.maxFiles,
        bounds: flags.limit,
      };
      const given = { image: name, args, isCommandOnly: onlyAfterDashes(process.argv, self.args.length), flags, isWritten };
      const wanted = { ...choices, ...(await wishesOf(flags.file, given)) };
      const summary = await interruptible((signal) => shrink({ ...wanted, signal, progress: createProgress() }));
      const { original, target: _, filesBefore: __, folder: ___, unsound: ____, highlights: _____, ...document } = summary;
      print(flags.json, document, shrinkLines(original, summary));
      finish(summary.passed && summary.budget?.exceeded ? ExitCode.overBudget : EXIT_CODES[summary.outcome]);
    });
}
