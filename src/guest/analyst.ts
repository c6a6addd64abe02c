import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../cache.js';
import type { Analyst } from '../keep/python/world.js';
import type { Summary } from '../python/summary.js';
import type { Helper } from './helper.js';

/** The probes that decide what a summary says: when one of them changes, what is remembered is out of date. */
const PROBES = ['summary.py', 'apinames.py', 'bytecode.py', 'codefiles.py', 'binaries.py'].map((name) =>
  fileURLToPath(new URL(`../../probes/${name}`, import.meta.url)),
);
/** Bytes of remembered summaries of one Python version, beyond which we start anew. */
const LARGEST = 200e6;
/** Milliseconds after which summaries that nobody added to are forgotten. */
const UNUSED = 30 * 24 * 3600 * 1000;
/** Files asked for at once: an answer's size, and how soon another question gets its turn. */
const BATCH = 500;

/**
 * Asks the image's interpreter, through its helper, what files name, and remembers the answers by the files' hash, so
 * that the same wheel in another image is not read again.
 * @param names top-level modules that extension modules may name
 */
export function analystOf(helper: Helper, folder = cacheFolder()): Analyst {
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

/** Summaries of earlier runs: a JSON line [key, summary] each. What can't be written is just not remembered. */
class Memory {
  private constructor(
    private readonly path: string,
    private readonly known: Map<string, Summary>,
  ) {}

  static async open(folder: string, version: string): Promise<Memory> {
    const probe = createHash('sha256')
      .update(Buffer.concat(await Promise.all(PROBES.map((path) => readFile(path)))))
      .digest('hex')
      .slice(0, 8);
    const path = join(folder, `summaries-${version}-${probe}.jsonl`);
    const known = new Map<string, Summary>();
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (size > LARGEST) await rm(path, { force: true });
    else if (size > 0) {
      for (const line of (await readFile(path, 'utf8').catch(() => '')).split('\n')) {
        if (!line.endsWith(']')) continue; // a line that another run is writing, or could not finish
        try {
          const [key, summary] = JSON.parse(line) as [string, Summary];
          known.set(key, summary);
        } catch {}
      }
    }
    await mkdir(folder, { recursive: true }).catch(() => {});
    await forget(folder);
    return new Memory(path, known);
  }

  get(key: string): Summary | undefined {
    return this.known.get(key);
  }

  async add(entries: readonly [string, Summary][]): Promise<void> {
    if (entries.length === 0) return;
    for (const [key, summary] of entries) this.known.set(key, summary);
    await appendFile(this.path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')).catch(() => {});
  }
}

/** Removes what other versions of pyshrink remembered, and have not used for long. */
async function forget(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (name.startsWith('summaries-') && Date.now() - mtimeMs > UNUSED) await rm(path, { force: true }).catch(() => {});
  }
}

function zip<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  return left.map((value, index) => [value, right[index] as B]);
}
