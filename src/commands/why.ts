import type { Command } from '@commander-js/extra-typings';
import { ExitCode, usageError } from '../errors.js';
import { unsoundLines, whyKept } from '../report/why.js';
import { readTrace } from '../workspace/folder.js';
import { newestResult, newestTrace } from '../workspace/newest.js';
import { print } from './print.js';

/** `pyshrink why PATH|MODULE|PACKAGE` */
export function defineWhy(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  command
    .argument('[PATH|MODULE|PACKAGE]')
    .option('--unsound', 'list the places in the code that compute what they import or execute')
    .action(async (subject, flags) => finish(await why(subject, flags)));
}

/** The reasons of the newest assembly. */
async function why(subject: string | undefined, flags: { json?: true; unsound?: true }): Promise<number> {
  if (flags.unsound) {
    const { trace } = await readTrace(await newestTrace());
    print(flags.json, trace.unsound, unsoundLines(trace.unsound, trace.image.reference));
    return ExitCode.done;
  }
  if (subject === undefined) throw usageError('why needs a path, a module or a distribution', 'For instance `pyshrink why sqlite3`.');
  const folder = await newestResult();
  const [report, { traces }] = [await folder.keep(), await folder.result()];
  const { trace } = await readTrace(traces[0] as string);
  const answer = whyKept(subject, report, trace.python);
  if (!answer)
    throw usageError(
      `${subject} is no path, module or distribution of ${trace.image.reference}.`,
      'Give an absolute path of the original image, a dotted module name, or the name of an installed distribution.',
    );
  print(flags.json, answer, answer.lines);
  return ExitCode.done;
}
