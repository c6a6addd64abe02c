import { DEFAULT_LIMITS } from '../tracing/perform.js';
import { megabytes } from '../ui/table.js';
import { withSession } from './context.js';
import { type EnvironmentFlags, environmentEntries, type KeepFlags } from './options.js';
import { print } from './print.js';
import { reopen } from './reopen.js';
import { assembleDraft, baseImage, publish, targetName } from './stages.js';
import { newestTrace, readTraces } from './workspace.js';

export interface AssembleFlags extends KeepFlags, EnvironmentFlags {
  json?: true;
}

/** `pyshrink assemble [TRACE...]` */
export async function assembleCommand(paths: string[], flags: AssembleFlags): Promise<number> {
  const stored = await readTraces(paths.length > 0 ? paths : [await newestTrace()]);
  const path = stored.paths.join(', ');
  return withSession(async (context) => {
    const material = await reopen(context, stored, await environmentEntries(flags), DEFAULT_LIMITS);
    const name = await targetName(context.engine, material.original.reference, flags);
    const base = await baseImage(context.engine, flags);
    const draft = await context.progress.task(`Assembling ${name}`, () => assembleDraft(material, flags, base));
    await publish(context, draft, name);
    await stored.folder.saveResult({ id: draft.id, tag: name, original: material.original.id, traces: [...stored.paths] }, draft.report);
    const size = (await context.engine.inspect(name)).size;
    print(flags.json, { image: name, id: draft.id, size, files: draft.files, notes: draft.notes }, [
      ...draft.notes,
      `${name}: ${megabytes(size)} of ${megabytes(material.original.size)}, ${draft.files} files, from ${path}`,
    ]);
    return 0;
  });
}
