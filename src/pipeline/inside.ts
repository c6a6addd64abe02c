import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import type { Inside } from '../report/inside.js';
import { findResults, tracesOf } from '../workspace/find.js';
import { FILES, type Folder, readTrace } from '../workspace/folder.js';
import { readTraces } from '../workspace/newest.js';

/**
 * Reads all that the workspace knows about an image. It needs no engine.
 * @param subject as of findResults
 * @throws UserError where there is nothing, or it is damaged, of another version, or of another image
 */
export async function openInside(subject: string | undefined): Promise<Inside & { folder: Folder }> {
  const found = await findResults(subject);
  const { folder } = found;
  if (!(await exists(folder, FILES.result))) {
    // A keep.json without a result is what an interrupted run has left.
    const { trace, record } = await readTrace(found.trace ?? folder.tracePath);
    return { trace, record, made: undefined, check: undefined, folder };
  }
  const result = await folder.result();
  const { trace, record } = await (found.trace === undefined ? readTraces(await tracesOf(folder, result)) : readTrace(found.trace));
  if (trace.image.id !== result.original) {
    // A trace that is named is what the user wants to see, whatever was made of an older image.
    if (found.trace !== undefined) return { trace, record, made: undefined, check: undefined, folder };
    throw new UserError(
      `${join(folder.path, FILES.result)} is of another image (${short(result.original)}) than the trace beside it (${short(trace.image.id)}): ${trace.image.reference} was traced anew since.`,
      `Assemble it anew with \`pyshrink assemble ${folder.tracePath}\`, or look at the trace alone: ${folder.tracePath}.`,
    );
  }
  const keep = await folder.keep();
  return { trace, record, made: { result, keep }, check: await folder.check(result.id), folder };
}

async function exists(folder: Folder, name: string): Promise<boolean> {
  return (await stat(join(folder.path, name)).catch(() => undefined)) !== undefined;
}

function short(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
