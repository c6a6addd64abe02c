import { ExitCode } from '../errors.js';
import { formatTable, megabytes } from '../ui/table.js';
import { withSession } from './context.js';
import { type ExerciseFlags, exerciseOf, type KeepFlags, type RunFlags, requireLevel } from './options.js';
import { print } from './print.js';
import { assembleDraft, baseImage, checkImage, passed, publish, targetName } from './stages.js';
import { traceStage } from './trace.js';
import { verdictLines } from './verdict.js';
import { Folder } from './workspace.js';

export interface ShrinkFlags extends KeepFlags, RunFlags, ExerciseFlags {
  json?: true;
}

/** `pyshrink shrink IMAGE [-- CMD...]`: trace, assemble, smoke; the name is given only when smoke has passed. */
export async function shrinkCommand(reference: string, args: string[], flags: ShrinkFlags): Promise<number> {
  requireLevel(flags.level);
  const exercise = await exerciseOf(args, flags);
  const start = performance.now();
  return withSession(async (context) => {
    const { engine, progress } = context;
    const original = await engine.inspect(reference);
    const name = await targetName(engine, reference, flags);
    const base = await baseImage(context.engine, flags);
    const material = await traceStage(context, original, exercise);
    const draft = await progress.task(`Assembling ${name}`, () => assembleDraft(material, flags, base));
    const verdict = await progress.task('Comparing it with the original', (say) => checkImage(material, draft.id, say));
    const size = (await engine.inspect(draft.id)).size;
    const ok = passed(verdict);
    if (ok) await publish(context, draft, name);
    const folder = Folder.for(original.reference);
    if (ok) await folder.saveResult({ id: draft.id, tag: name, original: original.id, trace: material.path }, draft.reasons);
    const seconds = (performance.now() - start) / 1000;
    const files = [...material.fs.entries.values()].filter(({ type }) => type === 'f').length;
    const document = {
      image: ok ? name : null,
      passed: ok,
      before: original.size,
      after: size,
      ratio: original.size / size,
      files: draft.files,
      seconds,
      trace: material.path,
      notes: draft.notes,
      warnings: material.trace.warnings,
      verdict,
    };
    print(flags.json, document, [
      ...material.trace.warnings.map((warning) => `warning: ${warning}`),
      ...draft.notes.map((note) => `note: ${note}`),
      ...verdictLines(verdict),
      '',
      formatTable([
        ['', 'before', 'after'],
        ['image', reference, ok ? name : '(not named)'],
        ['size', megabytes(original.size), megabytes(size)],
        ['ratio', '1.0', (original.size / size).toFixed(1)],
        ['files', String(files), String(draft.files)],
        ['checks', '', ok ? `${verdict.checked + verdict.compared} passed` : 'FAILED'],
        ['time', '', `${seconds.toFixed(1)} s`],
      ]),
      '',
      ok
        ? `${name} behaves like ${reference} under this exercise. Trace and reasons: ${folder.path}`
        : `The shrunk image behaves differently; ${name} was not touched. Trace: ${material.path}`,
    ]);
    return ok ? ExitCode.done : ExitCode.differs;
  });
}
