import { createHash } from 'node:crypto';
import { appendFile, lstat, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache.js';
import { debug } from '../debug.js';
import { PROBES } from '../package.js';
import type { Locate } from '../python/lines.js';
import { type Summarize, Summary } from '../python/summary.js';
import type { Helper } from './helper.js';

/** Largest size of a cache file in bytes. A larger one is removed. */
const LARGEST = 200e6;
/** Bytes of all cache files. The oldest ones are removed where there are more. */
const ALL = 1e9;
/** Name of a cache file: Python's version, hash of the probes, hash of the image. */
const CACHE_FILE = /^summaries-\d+\.\d+-[0-9a-f]{8}-[0-9a-f]{16}\.jsonl$/;
/** First line of a cache file. A file without it is not pyshrink's, whatever its name. */
const MARKER = '{"pyshrink":"summaries"}\n';
/** Milliseconds without a change after which a cache file is removed: 30 days. */
const UNUSED = 30 * 24 * 3600 * 1000;
/** Files in one request. Limits the size of an answer, and the time that other requests wait. */
const BATCH = 500;

/**
 * Asks the image's interpreter which modules and files its files name. Remembers the answers for later runs of the same
 * image, by the files' paths: the identifier of an image says what is in all its files. The answers come from the image
 * itself, which may lie, so no other image gets them.
 * @param folder of the cache
 */
export function analystOf(
  helper: Pick<Helper, 'python' | 'identity' | 'members' | 'summaries' | 'lines'>,
  folder = cacheFolder(),
): {
  /** Names of the members of a zip archive. */
  members: (path: string) => Promise<string[]>;
  /**
   * Summaries of files, by path. A file that can't be read has none.
   * @param names top-level modules to look for in extension modules
   */
  summarize: Summarize;
  /** The lines on which files have texts. They are not remembered: it is quick. */
  locate: Locate;
} {
  let memory: Promise<Memory> | undefined;
  const recall = () => {
    memory ??= Memory.open(folder, helper.python.version.slice(0, 2).join('.'), helper.identity);
    return memory;
  };
  return {
    members: (path) => helper.members(path),
    summarize: async (paths, names, own = false) => {
      const remembered = await recall();
      const context = names.join();
      const summariesOf = async (part: readonly string[]) => {
        const keys = part.map((path) => keyOf(path, path.endsWith('.so') ? context : own ? 'own' : ''));
        const asked = part.filter((_, index) => !remembered.get(keys[index] as string));
        const answers = new Map(zip(asked, asked.length === 0 ? [] : await helper.summaries(asked, names, own)));
        const found: [string, Summary][] = [];
        const fresh: [string, Summary][] = [];
        part.forEach((path, index) => {
          const key = keys[index] as string;
          const summary = answers.get(path) ?? remembered.get(key);
          if (!summary) return;
          found.push([path, summary]);
          // Why a file could not be read may be gone the next time: too little memory, too little time.
          if (answers.has(path) && summary.error === undefined) fresh.push([key, summary]);
        });
        await remembered.add(fresh);
        return found;
      };
      const parts = Array.from({ length: Math.ceil(paths.length / BATCH) }, (_, index) => paths.slice(index * BATCH, (index + 1) * BATCH));
      const found: [string, Summary][][] = [];
      const left = parts.entries();
      const work = async () => {
        for (const [index, part] of left) found[index] = await summariesOf(part);
      };
      // Two: the image's Python works on the next part while this process takes in the answer to the last.
      await Promise.all([work(), work()]);
      return new Map(found.flat());
    },
    locate: async (wanted) => {
      const found = new Map<string, readonly (number | null)[]>();
      const files = [...wanted];
      for (let at = 0; at < files.length; at += BATCH) {
        const part = files.slice(at, at + BATCH);
        for (const [[path], lines] of zip(part, await helper.lines(part))) found.set(path, lines);
      }
      return found;
    },
  };
}

/**
 * Summaries of earlier runs of an image: a file with one JSON line [key, summary] for each, after the marker. Works without
 * the file where it can't be written. A line is parsed when it is asked for: a run needs few of them, and parsing all took
 * longer than the rest.
 */
class Memory {
  private constructor(
    /** Undefined where nothing outlives the run. */
    private readonly path: string | undefined,
    private readonly known: Map<string, Summary | Buffer>,
    /** The last write: each waits for the one before, so that no line is written into another one. */
    private written: Promise<void> = Promise.resolve(),
  ) {}

  static async open(folder: string, version: string, image: string | undefined): Promise<Memory> {
    if (image === undefined) return new Memory(undefined, new Map());
    const probes = (await readdir(PROBES)).filter((name) => name.endsWith('.py')).sort();
    const texts = await Promise.all(probes.map((name) => readFile(join(PROBES, name))));
    // A changed probe, or another form of summaries, starts a new file.
    const probe = createHash('sha256').update(Buffer.concat(texts)).update(Object.keys(Summary.shape).join()).digest('hex').slice(0, 8);
    const whose = createHash('sha256').update(image).digest('hex').slice(0, 16);
    const path = join(folder, `summaries-${version}-${probe}-${whose}.jsonl`);
    await mkdir(folder, { recursive: true }).catch(unwritable);
    await forget(folder);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    const ours = bytes.subarray(0, MARKER.length).toString() === MARKER;
    if (bytes.length > 0 && !ours) return new Memory(undefined, new Map());
    return new Memory(path, linesByKey(bytes.subarray(MARKER.length)));
  }

  get(key: string): Summary | undefined {
    const known = this.known.get(key);
    if (!Buffer.isBuffer(known)) return known;
    const summary = parsed(known);
    if (summary) this.known.set(key, summary);
    else this.known.delete(key);
    return summary;
  }

  add(entries: readonly [string, Summary][]): Promise<void> {
    for (const [key, summary] of entries) this.known.set(key, summary);
    const { path } = this;
    if (entries.length > 0 && path !== undefined) this.written = this.written.then(() => append(path, entries));
    return this.written;
  }
}

async function append(path: string, entries: readonly [string, Summary][]): Promise<void> {
  try {
    // Its first line is there before any other, also where two runs begin it at once.
    await writeFile(path, MARKER, { flag: 'wx', mode: 0o600 }).catch(unlessExists);
    await appendFile(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  } catch (error) {
    unwritable(error as Error);
  }
}

/** Key of a file's summary. @param asked what else the answer depends on */
function keyOf(path: string, asked: string): string {
  return createHash('sha256')
    .update(JSON.stringify([path, asked]))
    .digest('hex')
    .slice(0, 32);
}

function unwritable(error: Error): void {
  debug.watch('summaries are not remembered: %s', error.message);
}

function unlessExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Removes cache files that are too large, that no run has changed for long, or that are too many. Touches no other file. */
async function forget(folder: string): Promise<void> {
  const files: { path: string; size: number; mtimeMs: number }[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = CACHE_FILE.test(name) ? await lstat(path).catch(() => undefined) : undefined;
    if (found?.isFile() && (await isMarked(path))) files.push({ path, size: found.size, mtimeMs: found.mtimeMs });
  }
  let sum = 0;
  for (const { path, size, mtimeMs } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    const old = size > LARGEST || Date.now() - mtimeMs > UNUSED || sum + size > ALL;
    if (old) await rm(path, { force: true }).catch(unwritable);
    else sum += size;
  }
}

async function isMarked(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MARKER.length), 0, MARKER.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === MARKER;
  } finally {
    await file.close();
  }
}

function zip<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  return left.map((value, index) => [value, right[index] as B]);
}

/** The lines of a file by their keys. Passes over a last line that another run is writing, or could not finish. */
function linesByKey(bytes: Buffer): Map<string, Buffer> {
  const lines = new Map<string, Buffer>();
  const [newline, quote] = [10, 34];
  for (let at = 0, end = bytes.indexOf(newline); end >= 0; at = end + 1, end = bytes.indexOf(newline, at)) {
    const close = bytes.indexOf(quote, at + 2); // a line begins with ["
    if (close > 0 && close < end) lines.set(bytes.toString('latin1', at + 2, close), bytes.subarray(at, end));
  }
  return lines;
}

/** The summary of a line; undefined for a damaged line, whose file is then read again. */
function parsed(line: Buffer): Summary | undefined {
  try {
    return (JSON.parse(line.toString()) as [string, Summary])[1];
  } catch {
    return undefined;
  }
}
