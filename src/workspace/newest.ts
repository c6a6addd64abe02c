import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debug } from '../debug.js';
import { UserError } from '../errors.js';
import { joinWithRuns } from '../trace/join.js';
import type { Trace } from '../trace/schema.js';
import { FILES, Folder, ROOT, readTrace } from './folder.js';
import type { Result } from './result.js';
import type { RunRecord } from './runrecord.js';

/** One or more traces of one image, joined. */
export interface StoredTraces {
  trace: Trace;
  record: RunRecord;
  /** That of the first trace: where results go. */
  folder: Folder;
  paths: readonly string[];
  /** Whether this user wrote all of them. */
  trusted: boolean;
}

/** Reads traces of one image as one. @throws UserError as {@link readTrace} does, or where they are of different images */
export async function readTraces(paths: readonly string[]): Promise<StoredTraces> {
  const stored = await Promise.all(paths.map(readTrace));
  const [first, ...rest] = stored;
  if (!first) throw new Error('no trace was named');
  const { trace, runs } = joinWithRuns([first.trace, ...rest.map(({ trace }) => trace)]);
  return {
    trace,
    record: { runs: runs.flatMap(({ trace, run }) => stored[trace]?.record.runs[run] ?? []) },
    folder: first.folder,
    paths,
    trusted: stored.every(({ trusted }) => trusted),
  };
}

/** The newest trace below the working directory. @throws UserError where there is none */
export function newestTrace(): Promise<string> {
  return newest(FILES.trace, 'There is no trace here yet.', 'Make one with `pyshrink trace IMAGE`.');
}

/** The folder of the newest assembly below the working directory. @throws UserError where there is none */
export async function newestResult(): Promise<Folder> {
  return new Folder(dirname(await newest(FILES.result, 'Nothing was assembled here yet.', 'Do it with `pyshrink assemble`.')));
}

/** The results below the working directory, the newest first. One that can't be read is passed over. */
export async function results(): Promise<Result[]> {
  const read = (await dated(FILES.result)).map(({ path }) =>
    new Folder(dirname(path)).result().catch((error: unknown) => {
      debug.smoke('%s is passed over: %o', path, error);
      return undefined;
    }),
  );
  return (await Promise.all(read)).filter((result) => result !== undefined);
}

async function newest(name: string, message: string, remedy: string): Promise<string> {
  const found = (await dated(name))[0];
  if (!found) throw new UserError(message, remedy);
  return found.path;
}

async function dated(name: string): Promise<{ path: string; time: number }[]> {
  const folders = await readdir(ROOT).catch(() => []);
  const found = await Promise.all(
    folders.map(async (folder) => {
      const path = join(ROOT, folder, name);
      return { path, time: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  return found.filter(({ time }) => time > 0).sort((a, b) => b.time - a.time);
}

/**
 * The newest result, or the newest with that name; undefined where a name has none here.
 * @throws UserError where the newest image got no name
 */
export async function resultNamed(image: string | undefined): Promise<Result | undefined> {
  if (image !== undefined) return (await results()).find(({ tag, named }) => tag === image && named !== false);
  const result = await (await newestResult()).result();
  if (result.named === false)
    throw new UserError(
      `The newest image, ${result.tag}, got no name: it behaves differently, a run of the original failed, or it is larger than its budget.`,
      'See `pyshrink report`, and shrink it again, or name another image.',
    );
  return result;
}

/** The traces from which an image was made. */
export async function tracesOfOriginal(original: string, name: string): Promise<string[]> {
  const result = (await results()).find((one) => one.original === original);
  if (result) return result.traces;
  throw new UserError(`There is no trace here of the image that ${name} was made from.`, 'Run this where `pyshrink assemble` was run.');
}
