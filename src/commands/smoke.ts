import type { Command } from '@commander-js/extra-typings';
import { smoke } from '../index.js';
import { verdictLines } from '../report/verdict.js';
import { createProgress } from '../ui/progress.js';
import { environmentEntries, limitsOf } from './exercise.js';
import { withEngine, withEnvironment, withLimits, withRuns, withTrust } from './flags.js';
import { interruptible } from './interrupt.js';
import { EXIT_CODES, print } from './print.js';

/** `pyshrink smoke [SHRUNK]` */
export function defineSmoke(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withTrust(withRuns(withLimits(withEnvironment(withEngine(command)))))
    .argument('[SHRUNK]')
    .action(async (name, flags) => {
      const environment = await environmentEntries(flags);
      const limits = limitsOf(flags);
      const { engine, json, runs, jobs, trust, limit: bounds } = flags;
      const {
        image,
        engine: used,
        passed,
        outcome,
        verdict,
      } = await interruptible((signal) =>
        smoke({ image: name, environment, limits, runs, jobs, trust, engine, bounds, signal, progress: createProgress() }),
      );
      print(json, { image, engine: used, passed, outcome, ...verdict }, verdictLines(verdict));
      finish(EXIT_CODES[outcome]);
    });
}
