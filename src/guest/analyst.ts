import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache.js';
import { debug } from '../debug.js';
import { PROBES } from '../package.js';
import type { Summarize, Summary } from '../python/summary.js';
import type { Helper } from './helper.js';

/** The probes that make summaries. Their hash is in the cache file's name, so that a changed probe starts a new file. */
const SUMMARIZING = ['summary.py', 'apinames.py', 'bytecode.py', 'codefiles.py', 'binaries.py', 'cythonstrings.py', 'commands.py'].map(
  (name) => join(PROBES, name),
);
/** Largest size of a cache file in bytes. A larger one is removed. */
const LARGEST = 200e6;
/** Milliseconds without a change after which a cache file is removed: 30 days. */
const UNUSED = 30 * 24 * 3600 * 1000;
/** Files in one request. Limits the size of an answer, and the time that other requests wait. */
const BATCH = 500;

/**
 * Asks the image's interpreter which modules and files its files name. Remembers the answers by the files' hashes, so
 * that the same wheel in another image is not read again.
 * @param folder of the cache
 */
export function analystOf(
  helper: Pick<Helper, 'python' | 'members' | 'digests' | 'summaries'>,
  folder = cacheFolder(),
): {
  /** Names of the members of a zip archive. */
  members: (path: string) => Promise<string[]>;
  /**
   * Summaries of files, by path. A file that can't be read has none.
   * @param names top-level modules to look for in extension modules
   */
  summarize: Summarize;
} {
  let memory: Promise<Memory> | undefined;
  const open = () => {
    memory ??= Memory.open(folder, helper.python.version.slice(0, 2).join('.'));
    return memory;
  };
  return {
    members: (path) => helper.members(path),
    summarize: async (paths, names) => {
      const remembered = await open();
      const found = new Map<string, Summary>();
      for (let at = 0; at < paths.length; at += BATCH) {
        const part = paths.slice(at, at + BATCH);
        const digests = await helper.digests(part);
        const context = createHash('sha256').update(names.join()).digest('hex').slice(0, 8);
        const keys = part.map((path, index) => digests[index] && (path.endsWith('.so') ? `${digests[index]}-${context}` : digests[index]));
        const asked = part.filter((_, index) => !keys[index] || !remembered.get(keys[index]));
        const answers = new Map(zip(asked, asked.length === 0 ? [] : await helper.summaries(asked, names)));
        const fresh: [string, Summary][] = [];
        part.forEach((path, index) => {
          const key = keys[index];
          const summary = answers.get(path) ?? (key ? remembered.get(key) : undefined);
          if (!summary) return;
          found.set(path, summary);
          if (key && answers.has(path)) fresh.push([key, summary]);
        });
        await remembered.add(fresh);
      }
      return found;
    },
  };
}

/**
 * Summaries of earlier runs: a file with one JSON line [key, summary] for each. Works without the file where it can't be
 * written. A line is parsed when it is asked for: a run needs few of them, and parsing all took longer than the rest.
 */
class Memory {
  private constructor(
    private readonly path: string,
    private readonly known: Map<string, Summary | Buffer>,
  ) {}

  static async open(folder: string, version: string): Promise<Memory> {
    const probe = createHash('sha256')
      .update(Buffer.concat(await Promise.all(SUMMARIZING.map((path) => readFile(path)))))
      .digest('hex')
      .slice(0, 8);
    const path = join(folder, `summaries-${version}-${probe}.jsonl`);
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (size > LARGEST) await rm(path, { force: true });
    const bytes = size > 0 && size <= LARGEST ? await readFile(path).catch(() => Buffer.alloc(0)) : Buffer.alloc(0);
    await mkdir(folder, { recursive: true }).catch(unwritable);
    await forget(folder);
    return new Memory(path, linesByKey(bytes));
  }

  get(key: string): Summary | undefined {
    const known = this.known.get(key);
    if (!Buffer.isBuffer(known)) return known;
    const summary = parsed(known);
    if (summary) this.known.set(key, summary);
    else this.known.delete(key);
    return summary;
  }

  async add(entries: readonly [string, Summary][]): Promise<void> {
    if (entries.length === 0) return;
    for (const [key, summary] of entries) this.known.set(key, summary);
    await appendFile(this.path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')).catch(unwritable);
  }
}

function unwritable(error: Error): void {
  debug.watch('summaries are not remembered: %s', error.message);
}

/** Removes cache files that no run has changed for long, e.g. those of other versions of pyshrink. */
async function forget(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (name.startsWith('summaries-') && Date.now() - mtimeMs > UNUSED) await rm(path, { force: true }).catch(unwritable);
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
