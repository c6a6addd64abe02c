import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { assemble } from '../index.js';
import { createProgress } from '../ui/progress.js';
import { megabytes } from '../ui/table.js';
import { environmentEntries } from './exercise.js';
import { withEngine, withEnvironment, withImage, withTrust } from './flags.js';
import { interruptible } from './interrupt.js';
import { print } from './print.js';

/** `pyshrink assemble [TRACE...]` */
export function defineAssemble(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withTrust(withEnvironment(withImage(withEngine(command))))
    .argument('[TRACE...]')
    .action(async (traces, flags) => {
      const { json, level, targetGpu, include, exclude, base, tag, output, force, engine, trust, limit: bounds } = flags;
      const environment = await environmentEntries(flags);
      const wanted = { traces, environment, level, targetGpu, include, exclude, base, tag, output, force, engine, trust, bounds };
      const made = await interruptible((signal) => assemble({ ...wanted, signal, progress: createProgress() }));
      const { image, id, size, originalSize, files, notes } = made;
      print(json, { image, id, size, files, notes }, [
        ...notes,
        `${image}: ${megabytes(size)} of ${megabytes(originalSize)}, ${files} files, from ${made.traces.join(', ')}`,
      ]);
      finish(ExitCode.done);
    });
}
