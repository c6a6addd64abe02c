import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { smoke } from '../index.js';
import { verdictLines } from '../report/verdict.js';
import { createProgress } from '../ui/progress.js';
import { environmentEntries, limitsOf } from './exercise.js';
import { withEngine, withEnvironment, withLimits } from './flags.js';
import { interruptible } from './interrupt.js';
import { print } from './print.js';

/** `pyshrink smoke [SHRUNK]` */
export function defineSmoke(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withLimits(withEnvironment(withEngine(command)))
    .argument('[SHRUNK]')
    .action(async (name, flags) => {
      const environment = await environmentEntries(flags);
      const limits = limitsOf(flags);
      const { engine, json } = flags;
      const { image, passed, verdict } = await interruptible((signal) =>
        smoke({ image: name, environment, limits, engine, signal, progress: createProgress() }),
      );
      print(json, { image, passed, ...verdict }, verdictLines(verdict));
      finish(passed ? ExitCode.done : ExitCode.differs);
    });
}
