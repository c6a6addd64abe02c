import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { init } from '../index.js';
import { PROJECT_FILES } from '../project/file.js';
import { existsError, saveProject } from '../project/save.js';
import { createProgress } from '../ui/progress.js';
import { withEngine } from './flags.js';
import { interruptible } from './interrupt.js';
import { print } from './print.js';

/** `pyshrink init [IMAGE]` */
export function defineInit(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withEngine(command)
    .argument('[IMAGE]', 'default: the one of the compose file')
    .option('-f, --file <FILE>', 'the file to write', PROJECT_FILES[0])
    .option('--force', 'replace a file that is there')
    .option('--compose <FILE>', 'a compose file whose services become the runs (default: the one of this folder)')
    .action(async (named, { engine, limit: bounds, file, force, compose, json }) => {
      // Before the image is pulled, which may take minutes.
      if (!force && (await stat(file).catch(() => undefined))) throw existsError(file);
      const { text, image, runs } = await interruptible((signal) =>
        init({ image: named, compose, folder: dirname(file), engine, bounds, signal, progress: createProgress() }),
      );
      await saveProject(file, text, force ?? false);
      print(json, { file, image, runs }, [
        `${file}: ${runs.length === 1 ? 'the run' : 'the runs'} ${runs.join(', ')}`,
        `Read it, change what does not fit, and run \`pyshrink shrink${file === PROJECT_FILES[0] ? '' : ` -f ${file}`}\`.`,
      ]);
      finish(ExitCode.done);
    });
}
