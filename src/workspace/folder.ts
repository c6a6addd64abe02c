import { mkdir, readFile, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { conceal, showName } from '../conceal.js';
import { explained, UserError } from '../errors.js';
import { answerSecrets } from '../exercise/secrets.js';
import { folderName, type ImageName } from '../images/name.js';
import { formatPlatform, ownPlatform } from '../images/platform.js';
import { type Lock, lockFolder } from '../os/lock.js';
import { parseTrace, type Trace } from '../trace/schema.js';
import { CHECK_VERSION, CheckRecord } from './check.js';
import { KEEP_VERSION, KeepReport } from './keepreport.js';
import { Result } from './result.js';
import { type RunRecord, RunRecordSchema, recordSecrets } from './runrecord.js';
import { sealed, unsealed } from './seal.js';
import { ELSEWHERE, freshName, removeOthers, writeWhole } from './write.js';

/** Below the working directory. */
export const ROOT = '.pyshrink';
export const FILES = { trace: 'trace.json', keep: 'keep.json', result: 'result.json', check: 'check.json' } as const;
/** Run records are called `run-record-ID.json`; the trace names its own. */
const RECORD = /^run-record-[0-9a-f]+\.json$/;

/** Free bytes that a run needs for its results. It is checked first, so that a run does not fail at its end. */
const ROOM = 32e6;
const TRIES = 10;

/** A trace with its run record. */
export interface StoredTrace {
  trace: Trace;
  record: RunRecord;
}

/** A trace that was read. */
export interface ReadTrace extends StoredTrace {
  folder: Folder;
  /** Whether this user wrote trace and record, so that what they say may be done on this computer. */
  trusted: boolean;
}

/** Where the results for one image live. */
export class Folder {
  constructor(readonly path: string) {}

  /** @param platform `os/architecture[/variant]` as the user gave it */
  static for(name: ImageName, platform?: string): Folder {
    showName(name.text);
    return new Folder(join(ROOT, folderName(name, platform === formatPlatform(ownPlatform()) ? undefined : platform)));
  }

  get tracePath(): string {
    return join(this.path, FILES.trace);
  }

  /**
   * Runs `work` while this process alone may write here. Checks first that it can write, and that there is room. A
   * folder that stays empty is removed.
   * @throws UserError where it can't be written, the disk is full, or another pyshrink works here
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const lock = await this.prepare().catch(async (error: unknown) => {
      await this.removeIfEmpty();
      throw explained(error, this.path, ELSEWHERE);
    });
    try {
      return await work();
    } finally {
      await lock.release();
      await this.removeIfEmpty();
    }
  }

  private async prepare(tries = TRIES): Promise<Lock> {
    await mkdir(this.path, { recursive: true });
    const { bavail, bsize } = await statfs(this.path);
    if (bavail * bsize < ROOM)
      throw new UserError(
        `The disk of ${this.path} is full: ${Math.floor((bavail * bsize) / 1e6)} MB are free, and the results may take ${ROOM / 1e6} MB.`,
        'Free some space, or run pyshrink in a directory on another disk.',
      );
    return lockFolder(this.path).catch((error: NodeJS.ErrnoException) => {
      // Another process found the folder empty and has just removed it.
      if (error.code === 'ENOENT' && tries > 0) return this.prepare(tries - 1);
      throw error;
    });
  }

  private async removeIfEmpty(): Promise<void> {
    for (const path of [this.path, dirname(this.path)]) await rmdir(path).catch(() => {}); // fails for one that is not empty
  }

  /**
   * Writes a trace and its run record as one: the record gets a name of its own, and the trace, which names it, comes
   * last. So a reader always gets a trace and a record of the same run, even if writing is interrupted.
   * @param trusted whether all of it comes from this user's own runs
   */
  async saveTrace({ trace, record }: StoredTrace, trusted = true): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const name = freshName('run-record');
    const [text, runs] = [textOf({ ...trace, record: name }), textOf(record)];
    await writeWhole(join(this.path, name), trusted ? await sealed(runs, text) : runs, 0o600);
    await writeWhole(this.tracePath, text);
    await removeOthers(this.path, RECORD, name);
  }

  /** Writes what the newest assembly made. The result comes last, and counts only with the keep set of its own image. */
  async saveResult(result: Result, keep: KeepReport): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeWhole(join(this.path, FILES.keep), JSON.stringify({ ...keep, image: result.id }));
    await writeWhole(join(this.path, FILES.result), JSON.stringify(result));
  }

  /** @throws UserError where there is none, it is damaged, of another image, or another version of pyshrink wrote it */
  async keep(): Promise<KeepReport> {
    const path = join(this.path, FILES.keep);
    const { image, ...report } = await documentIn(path, KEEP_VERSION, ASSEMBLE);
    const result = await this.result();
    if (image !== result.id)
      throw new UserError(`${path} is of another image than ${join(this.path, FILES.result)}: its making was interrupted.`, ASSEMBLE);
    return parsed(KeepReport, report, path, ASSEMBLE);
  }

  /** Writes what the newest comparison found. */
  async saveCheck(check: CheckRecord): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeWhole(join(this.path, FILES.check), textOf(check), 0o600);
  }

  /** The comparison of an image; undefined where it was not compared, or another one was since. @throws UserError as {@link keep} does */
  async check(image: string): Promise<CheckRecord | undefined> {
    const path = join(this.path, FILES.check);
    if (!(await stat(path).catch(() => undefined))) return undefined;
    const check = parsed(CheckRecord, await documentIn(path, CHECK_VERSION, SMOKE), path, SMOKE);
    conceal([...answerSecrets(check.answers.filter((one) => one !== null)), ...(check.echoed ?? [])]);
    return check.image === image ? check : undefined;
  }

  /** @throws UserError as {@link keep} does */
  async result(): Promise<Result> {
    const path = join(this.path, FILES.result);
    return parsed(Result, await documentIn(path, undefined, ASSEMBLE), path, ASSEMBLE);
  }
}

const ASSEMBLE = 'Make it again with `pyshrink assemble`.';
const SMOKE = 'Compare it again with `pyshrink smoke`.';

/**
 * The object in a file of results.
 * @param version the one that this pyshrink reads; undefined where the file has none
 * @throws UserError where there is no file, it is not JSON as a whole, or another version of pyshrink wrote it
 */
async function documentIn(path: string, version: number | undefined, remedy: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(error.code === 'ENOENT' ? `${path} is missing.` : `${path} can't be read: ${error.message}.`, remedy);
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new UserError(`${path} is truncated or not JSON.`, remedy);
  }
  if (document === null || typeof document !== 'object') throw new UserError(`${path} is damaged: it holds no object.`, remedy);
  const found = (document as { version?: unknown }).version;
  if (version !== undefined && typeof found === 'number' && found !== version)
    throw new UserError(`${path} has version ${found}; this pyshrink reads version ${version}.`, remedy);
  return document as Record<string, unknown>;
}

/** @throws UserError where a document is not what its file holds */
function parsed<T>(schema: z.ZodType<T>, document: unknown, path: string, remedy: string): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UserError(
    `${path} is damaged, or of another version of pyshrink. At ${issue?.path.join('.') || 'its top'}: ${issue?.message}.`,
    remedy,
  );
}

/** Reads a trace with its run record. @throws UserError where there is none, or it is damaged */
export async function readTrace(path: string): Promise<ReadTrace> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new UserError(`There is no trace ${path}.`, 'Make one with `pyshrink trace IMAGE`.');
  }
  const trace = parseTrace(text, path);
  const folder = new Folder(dirname(path));
  const { record: name } = JSON.parse(text) as { record?: unknown };
  const beside = join(folder.path, typeof name === 'string' && RECORD.test(name) ? name : 'run-record-*.json');
  try {
    const { record, trusted } = await unsealed(await readFile(beside, 'utf8'), text);
    const runs = RunRecordSchema.parse(JSON.parse(record));
    showName(trace.image.reference);
    conceal(recordSecrets(runs));
    return { trace, record: runs, folder, trusted };
  } catch {
    // Another run may have written a newer trace since, and removed the record of this one.
    if ((await readFile(path, 'utf8').catch(() => text)) !== text) return readTrace(path);
    throw new UserError(
      `${beside}, the run record of the trace ${path}, is missing or damaged.`,
      'Keep a trace in its folder, or make it anew with `pyshrink trace IMAGE`.',
    );
  }
}

/** A document as text. @throws UserError where no text can be that long: it holds all answers of the app */
function textOf(document: unknown): string {
  try {
    return JSON.stringify(document);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      'The answers of the app together are too large to be stored: a document has at most half a gigabyte.',
      'Ask for less in the exercise, or leave out steps with large answers.',
    );
  }
}
