import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { Answers } from '../exercise/answers.js';
import { StoredExerciseSchema } from '../exercise/exercise.js';
import { folderName, parseImageName } from '../images/name.js';
import { KeepReport } from '../report/schema.js';
import { joinTraces, parseTrace, type Trace } from '../trace/schema.js';
import { WatchingSchema } from '../watching/run.js';

/** What a trace must not hold in clear: the exercise to the letter, and what the original answered. */
const Private = z.object({
  /** In the order of the trace's `runs`. */
  runs: z.array(z.strictObject({ exercise: StoredExerciseSchema, watching: WatchingSchema, answers: Answers })),
});
export type Private = z.infer<typeof Private>;

const Result = z.object({ id: z.string(), tag: z.string(), original: z.string(), traces: z.array(z.string()).min(1) });
/** What the newest assembly made. */
export type Result = z.infer<typeof Result>;

const ROOT = '.pyshrink';
const FILES = { trace: 'trace.json', private: 'private.json', keep: 'keep.json', result: 'result.json' } as const;

/** Where the results for one image live. */
export class Folder {
  constructor(readonly path: string) {}

  static for(reference: string): Folder {
    return new Folder(join(ROOT, folderName(parseImageName(reference))));
  }

  get tracePath(): string {
    return join(this.path, FILES.trace);
  }

  /** @param secret what lies beside it; without, what is there stays */
  async saveTrace(trace: Trace, secret?: Private): Promise<void> {
    await mkdir(this.path, { recursive: true });
    if (secret) await writeWhole(join(this.path, FILES.private), JSON.stringify(secret), 0o600);
    await writeWhole(this.tracePath, JSON.stringify(trace));
  }

  async saveResult(result: Result, keep: KeepReport): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeWhole(join(this.path, FILES.keep), JSON.stringify(keep));
    await writeWhole(join(this.path, FILES.result), JSON.stringify(result));
  }

  /** @throws UserError where there is none, or one of another version */
  async keep(): Promise<KeepReport> {
    const path = join(this.path, FILES.keep);
    try {
      return KeepReport.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch {
      throw new UserError(`${path} is missing, damaged or of another version of pyshrink.`, 'Make it anew with `pyshrink assemble`.');
    }
  }

  async result(): Promise<Result> {
    return Result.parse(JSON.parse(await readFile(join(this.path, FILES.result), 'utf8')));
  }
}

/** Reads a trace with what lies beside it. Throws a UserError for what is no trace. */
export async function readTrace(path: string): Promise<{ trace: Trace; secret: Private; folder: Folder }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new UserError(`There is no trace ${path}.`, 'Make one with `pyshrink trace IMAGE`.');
  }
  const trace = parseTrace(text, path);
  const folder = new Folder(join(path, '..'));
  const beside = join(folder.path, FILES.private);
  try {
    return { trace, secret: Private.parse(JSON.parse(await readFile(beside, 'utf8'))), folder };
  } catch {
    throw new UserError(
      `${beside}, which belongs to the trace ${path}, is missing or damaged.`,
      'Keep a trace in its folder, or make it anew with `pyshrink trace IMAGE`.',
    );
  }
}

/** Reads traces of one image as one. @throws UserError as {@link readTrace} does, or where they are of different images */
export async function readTraces(
  paths: readonly string[],
): Promise<{ trace: Trace; secret: Private; folder: Folder; paths: readonly string[] }> {
  const stored = await Promise.all(paths.map(readTrace));
  const [first, ...rest] = stored;
  if (!first) throw new Error('no trace was named');
  return {
    trace: joinTraces([first.trace, ...rest.map(({ trace }) => trace)]),
    secret: { runs: stored.flatMap(({ secret }) => secret.runs) },
    folder: first.folder,
    paths,
  };
}

/** The newest trace below the working directory. */
export function newestTrace(): Promise<string> {
  return newest(FILES.trace, 'There is no trace here yet.', 'Make one with `pyshrink trace IMAGE`.');
}

/** The folder of the newest assembly below the working directory. */
export async function newestResult(): Promise<Folder> {
  return new Folder(join(await newest(FILES.result, 'Nothing was assembled here yet.', 'Do it with `pyshrink assemble`.'), '..'));
}

/** The folders below the working directory, the newest assembly first. */
export async function resultFolders(): Promise<Folder[]> {
  return (await dated(FILES.result)).map(({ path }) => new Folder(join(path, '..')));
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

/** Writes to a temporary name and renames, so that a half file never exists. */
async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}
