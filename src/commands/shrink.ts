import { ExitCode } from '../errors.js';
import { openImage, publish, targetOf } from '../pipeline/images.js';
import { assembleDraft, baseImage, checkImage, passed } from '../pipeline/stages.js';
import { verdictLines } from '../report/verdict.js';
import { describeReason } from '../report/words.js';
import { formatTable, megabytes } from '../ui/table.js';
import { Folder } from '../workspace/folder.js';
import { withSession } from './context.js';
import { type EngineFlags, type ExerciseFlags, exerciseOf, type KeepFlags, type RunFlags, type TargetFlags } from './options.js';
import { print } from './print.js';
import { traceStage, unsoundLine } from './trace.js';

export interface ShrinkFlags extends EngineFlags, KeepFlags, TargetFlags, RunFlags, ExerciseFlags {
  json?: true;
}

/** Times that what was missed is added, and the image assembled anew. */
const REPAIRS = 5;
/** Repairs that are told one by one. */
const SHOWN = 10;

/** `pyshrink shrink IMAGE [-- CMD...]`: trace, assemble, smoke; the name is given only when smoke has passed. */
export async function shrinkCommand(reference: string, args: string[], flags: ShrinkFlags): Promise<number> {
  const exercise = await exerciseOf(args, flags);
  const start = performance.now();
  return withSession({ ...flags, reference }, async (context) => {
    const { session, progress } = context;
    const target = await targetOf(context, reference, flags);
    const name = target.text;
    const original = await openImage(context, reference, { platform: flags.platform, command: args, environment: exercise.run.env });
    const base = await baseImage(context, flags);
    const material = await traceStage(context, original, exercise, { include: flags.include });
    const assemble = () => progress.task(`Assembling ${name}`, () => assembleDraft(material, flags, base));
    const compare = (id: string) => progress.task('Comparing it with the original', (say) => checkImage(material, id, say));
    const folder = Folder.for(original.reference);
    let draft = await assemble();
    let verdict = await compare(draft.id);
    for (let round = 0; round < REPAIRS && !passed(verdict) && verdict.repairs.length > 0; round++) {
      const what = verdict.differences.slice(0, 3).map((difference) => `${difference.where}: ${difference.what}`);
      progress.note(
        `it behaves differently${what.length > 0 ? ` (${what.join(', ')})` : ''}: repairing it with ${verdict.repairs.length} paths that it looked for`,
      );
      material.trace.repairs.push(...verdict.repairs);
      await folder.saveTrace(material.trace);
      draft = await assemble();
      verdict = await compare(draft.id);
    }
    const { repairs } = material.trace;
    const { size } = await session.inspect(draft.id);
    const ok = passed(verdict);
    if (ok) await publish(context, draft.id, target);
    if (ok) await folder.saveResult({ id: draft.id, tag: name, original: original.id, traces: [material.path] }, draft.report);
    const seconds = (performance.now() - start) / 1000;
    const all = [...material.fs.entries.values()].filter(({ type }) => type === 'f');
    // Of a plain directory, no engine knows the size.
    const before = original.size || all.reduce((sum, entry) => sum + entry.size, 0);
    const document = {
      image: ok ? name : null,
      passed: ok,
      before,
      after: size,
      ratio: before / size,
      files: draft.files,
      level: flags.level,
      repairs,
      seconds,
      trace: material.path,
      notes: draft.notes,
      warnings: material.trace.warnings,
      verdict,
    };
    print(flags.json, document, [
      ...material.trace.warnings.map((warning) => `warning: ${warning}`),
      ...draft.notes.map((note) => `note: ${note}`),
      ...repairs.slice(0, SHOWN).map((repair) => `repaired: ${repair.path}: ${describeReason({ rule: 'repair', parents: [], ...repair })}`),
      ...(repairs.length > SHOWN ? [`repaired: and ${repairs.length - SHOWN} more paths (pyshrink why names them)`] : []),
      ...(repairs.length > 0 ? ['Each of these is something that a rule should have known; please report it.'] : []),
      ...verdictLines(verdict),
      ...unsoundLine(material.trace),
      '',
      formatTable([
        ['', 'before', 'after'],
        ['image', reference, ok ? name : '(not named)'],
        ['size', megabytes(before), megabytes(size)],
        ['ratio', '1.0', (before / size).toFixed(1)],
        ['files', String(all.length), String(draft.files)],
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
