import { DEFAULT_LIMITS } from '../exercise/exercise.js';
import { publish, targetOf } from '../pipeline/images.js';
import { reopen } from '../pipeline/reopen.js';
import { assembleDraft, baseImage } from '../pipeline/stages.js';
import { megabytes } from '../ui/table.js';
import { newestTrace, readTraces } from '../workspace/folder.js';
import { withSession } from './context.js';
import { type EngineFlags, type EnvironmentFlags, environmentEntries, type KeepFlags, type TargetFlags } from './options.js';
import { print } from './print.js';

export interface AssembleFlags extends EngineFlags, KeepFlags, TargetFlags, EnvironmentFlags {
  json?: true;
}

/** `pyshrink assemble [TRACE...]` */
export async function assembleCommand(paths: string[], flags: AssembleFlags): Promise<number> {
  const stored = await readTraces(paths.length > 0 ? paths : [await newestTrace()]);
  const path = stored.paths.join(', ');
  return withSession({ ...flags, reference: stored.trace.image.reference }, async (context) => {
    const material = await reopen(context, stored, await environmentEntries(flags), DEFAULT_LIMITS, flags.include);
    const target = await targetOf(context, material.original.reference, flags);
    const base = await baseImage(context, flags);
    const draft = await context.progress.task(`Assembling ${target.text}`, () => assembleDraft(material, flags, base));
    const { size } = await context.session.inspect(draft.id);
    await publish(context, draft.id, target);
    await stored.folder.saveResult(
      { id: draft.id, tag: target.text, original: material.original.id, traces: [...stored.paths] },
      draft.report,
    );
    print(flags.json, { image: target.text, id: draft.id, size, files: draft.files, notes: draft.notes }, [
      ...draft.notes,
      `${target.text}: ${megabytes(size)} of ${megabytes(material.original.size)}, ${draft.files} files, from ${path}`,
    ]);
    return 0;
  });
}
