import { ExitCode, usageError } from '../errors.js';
import { unsoundLines, whyKept } from '../report/why.js';
import { newestResult, newestTrace, readTrace } from '../workspace/folder.js';
import { print } from './print.js';

export interface WhyFlags {
  json?: true;
  unsound?: true;
}

/** `pyshrink why PATH|MODULE|PACKAGE`: the reasons of the newest assembly. */
export async function whyCommand(subject: string | undefined, flags: WhyFlags): Promise<number> {
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
