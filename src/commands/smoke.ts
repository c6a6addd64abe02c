import { LABELS } from '../assemble/config.js';
import { ExitCode, UserError } from '../errors.js';
import { openImage } from '../pipeline/images.js';
import { reopen } from '../pipeline/reopen.js';
import { checkImage, passed } from '../pipeline/stages.js';
import { verdictLines } from '../report/verdict.js';
import { newestResult, readTraces, resultFolders } from '../workspace/folder.js';
import { withSession } from './context.js';
import { type EngineFlags, type EnvironmentFlags, environmentEntries, type LimitFlags, limitsOf } from './options.js';
import { print } from './print.js';

export interface SmokeFlags extends EngineFlags, EnvironmentFlags, LimitFlags {
  json?: true;
}

/** `pyshrink smoke [SHRUNK]` */
export async function smokeCommand(name: string | undefined, flags: SmokeFlags): Promise<number> {
  const newest = name === undefined ? await (await newestResult()).result() : undefined;
  return withSession(flags, async (context) => {
    const shrunk = await openImage(context, name ?? (newest?.tag as string));
    const original = shrunk.config.Labels?.[LABELS.original];
    if (original === undefined)
      throw new UserError(
        `${shrunk.reference} was not made by pyshrink, or is a plain directory, which bears no labels.`,
        'Name an image that `pyshrink assemble` made.',
      );
    const material = await reopen(
      context,
      await readTraces(newest?.traces ?? (await tracesOf(original, shrunk.reference))),
      await environmentEntries(flags),
      limitsOf(flags),
    );
    if (material.trace.image.id !== original)
      throw new UserError(
        `${shrunk.reference} was made from another image than the trace here is of.`,
        'Make it anew with `pyshrink assemble`, and then compare.',
      );
    const verdict = await context.progress.task(`Comparing ${shrunk.reference} with ${material.original.reference}`, (say) =>
      checkImage(material, shrunk.id, say),
    );
    print(flags.json, { image: shrunk.reference, passed: passed(verdict), ...verdict }, verdictLines(verdict));
    return passed(verdict) ? ExitCode.done : ExitCode.differs;
  });
}

/** The traces from which an image was made. */
async function tracesOf(original: string, name: string): Promise<string[]> {
  for (const folder of await resultFolders()) {
    const result = await folder.result();
    if (result.original === original) return result.traces;
  }
  throw new UserError(`There is no trace here of the image that ${name} was made from.`, 'Run this where `pyshrink assemble` was run.');
}
