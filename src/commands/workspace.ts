import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { folderName, parseReference } from '../images/reference.js';
import { RunOptionsSchema } from '../images/runoptions.js';
import type { Reason } from '../keep/keepset.js';
import { parseTrace, type Trace } from '../trace.js';
import { Answers } from '../tracing/answers.js';
import { StepSchema } from '../tracing/exercise.js';

/** What a trace must not hold in clear: the exercise to the letter, and what the original answered. */
const Private = z.object({
  args: z.array(z.string()),
  steps: z.array(StepSchema).nullable(),
  run: RunOptionsSchema.omit({ env: true }),
  answers: Answers,
});
export type Private = z.infer<typeof Private>;

const Result = z.object({ id: z.string(), tag: z.string(), original: z.string(), trace: z.string() });
/** What the newest assembly made. */
export type Result = z.infer<typeof Result>;

const ROOT = '.pyshrink';
const FILES = { trace: 'trace.json', private: 'private.json', keep: 'keep.json', result: 'result.json' } as const;

/** Where the results for one image live. */
export class Folder {
  constructor(readonly path: string) {}

  static for(reference: string): Folder {
    return new Folder(join(ROOT, folderName(parseReference(reference))));
  }

  get tracePath(): string {
    return join(this.path, FILES.trace);
  }

  async saveTrace(trace: Trace, secret: Private): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeWhole(join(this.path, FILES.private), JSON.stringify(secret), 0o600);
    await writeWhole(this.tracePath, JSON.stringify(trace));
  }

  async saveResult(result: Result, keep: ReadonlyMap<string, readonly Reason[]>): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeWhole(join(this.path, FILES.keep), JSON.stringify(Object.fromEntries(keep)));
    await writeWhole(join(this.path, FILES.result), JSON.stringify(result));
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
