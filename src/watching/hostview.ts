import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { posix } from 'node:path';
import { debug } from '../debug.js';
import type { ImageInfo } from '../engines/engine.js';
import { holdsHome, mayReveal, revealedBy, type Surroundings, withoutSecrets } from '../engines/host/surroundings.js';
import type { Helper } from '../guest/helper.js';
import type { Entry, RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';

export interface HostView {
  fs: RootFs;
  warnings: string[];
}

/** What was on the computer before a run. */
export interface BeforeRun {
  /** Seconds since the epoch. */
  time: number;
  /** Paths below the working directory. */
  paths: ReadonlySet<string>;
}

function notListed(error: unknown): string[] {
  debug.watch('the working directory could not be listed, so its files seem to be made by the run: %o', error);
  return [];
}

/** Lists the working directory. Call it before a run: files that the run makes do not belong in the image. */
export async function beforeRun(workdir: string): Promise<BeforeRun> {
  const names = holdsHome(workdir, homedir()) ? [] : await readdir(workdir, { recursive: true }).catch(notListed);
  return { time: Math.floor(Date.now() / 1000), paths: new Set(names.map((name) => posix.join(workdir, name))) };
}

/**
 * The part of this computer's file system that a traced command needs, without secrets.
 * @param include paths that the user named
 * @param before what was there before the run, so that files which the run made are left out; undefined where the run was made by an earlier command
 */
export async function viewHost(
  helper: Helper,
  image: ImageInfo,
  { python, observations, runs }: Pick<Trace, 'python' | 'observations' | 'runs'>,
  include: readonly string[],
  before: BeforeRun | undefined,
): Promise<HostView> {
  const around: Surroundings = {
    workdir: image.config.WorkingDir ?? '/',
    home: homedir(),
    python: [...helper.python.prefixes.filter((folder) => folder !== '/usr'), ...python.searchPath],
  };
  const seen = [...new Set([...observations.map(({ path }) => path), ...include])];
  const made = before ? observations.filter(({ kind, path }) => (kind === 'create' || kind === 'write') && !before.paths.has(path)) : [];
  const entries = await helper.hostFs(around, seen, [...new Set(made.map(({ path }) => path))], before?.time ?? 0);
  const opened = observations.filter(({ kind }) => kind === 'open' || kind === 'exec').map(({ path }) => path);
  const revealed = await secretContents(helper, entries);
  const { refused, taken, code } = withoutSecrets(entries, around, { used: new Set(opened), include, revealed });
  const list = (paths: readonly string[]) => paths.join(', ');
  const named = [...new Set(runs.flatMap(({ environment }) => environment))];
  return {
    fs: helper.treeOver(entries),
    warnings: [
      ...(named.length > 0 ? [`the image's configuration holds the values of these variables, which -e names: ${named.join(', ')}`] : []),
      ...(refused.length > 0 ? [`left out, as they may hold secrets (--include PATH adds one): ${list(refused)}`] : []),
      ...(taken.length > 0 ? [`added by --include, though they may hold secrets: ${list(taken)}`] : []),
      ...(code.length > 0
        ? [`these files of code have a secret in them, such as a token or a key, and may get into the image: ${list(code)}`]
        : []),
    ],
  };
}

/** Files at once that are looked at. */
const AT_ONCE = 16;

/** The files whose content is a secret, whatever their names: private keys, tokens, keystores. */
async function secretContents(helper: Helper, entries: ReadonlyMap<string, Entry>): Promise<Set<string>> {
  const fs = helper.treeOver(entries);
  const pending = [...entries.values()].filter(mayReveal);
  debug.watch('looking for secrets in %d files', pending.length);
  const found = new Set<string>();
  const work = async () => {
    for (let entry = pending.pop(); entry; entry = pending.pop()) {
      // A file that can't be read gets into no image either.
      const format = await revealedBy(entry, fs.read).catch(() => undefined);
      if (format === undefined) continue;
      debug.watch('%s has a secret: %s', entry.path, format);
      found.add(entry.path);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}
