import { baseName, join, parentOf, push, type RootFs } from '../rootfs.js';
import type { Observation, ObservationKind, Trace } from '../trace/schema.js';
import type { Addition, Because } from './reason.js';
import type { Rule } from './rule.js';
import { walkNotes } from './walknotes.js';

/**
 * What an observation keeps: the path itself, or the folder that it is in. A process that makes or removes a file needs
 * the folder. For a list, that is the directory alone: its entries are kept when they are observed themselves.
 */
const KEEPS: Readonly<Record<ObservationKind, readonly Because<'observed'>['kind'][]>> = {
  open: ['open'],
  write: ['write', 'write-in'],
  map: ['map'],
  exec: ['exec'],
  ldd: ['ldd'],
  lookup: ['lookup'],
  list: ['list'],
  chdir: ['chdir'],
  change: ['change'],
  connect: ['connect-in'],
  create: ['create-in'],
  remove: ['remove', 'remove-in'],
};

interface Run {
  observations: readonly Observation[];
  processes: readonly Pick<Trace['processes'][number], 'executable'>[];
}

/**
 * A walk: a process lists a directory and looks up at least this many and this share of its entries, without opening
 * them.
 */
const WALK = { entries: 8, share: 0.5 };
/** A process with this many walks goes through everything. Then its look-ups in small directories are walks too. */
const WALKER = 3;

/** Keeps what was seen in use. */
export const observedRule: Rule = {
  name: 'observed',
  begin({ fs, trace }) {
    const { additions, walked } = observedAdditions(fs, trace);
    return [...additions, ...walkNotes(walked).map((note) => ({ note }))];
  },
};

/**
 * What the observations of runs keep.
 * @returns `walked`: the directories that were only walked over, with the number of entries looked up
 */
export function observedAdditions(fs: RootFs, run: Run): { additions: Addition[]; walked: Map<string, number> } {
  const found = walks(fs, run);
  const seen = run.observations.filter((observation) => !found.observations.has(observation));
  return { additions: seen.flatMap((observation) => keptBy(observation, run)), walked: found.directories };
}

function keptBy({ kind, path, process }: Observation, run: Run): Addition[] {
  const executable = process === null ? null : run.processes[process]?.executable;
  const by = executable ? { parents: [executable], subject: baseName(executable) } : { parents: [] };
  return KEEPS[kind].map((what) => ({ path: what.endsWith('-in') ? parentOf(path) : path, rule: 'observed', kind: what, ...by }));
}

interface Walks {
  /** Look-ups that keep nothing. */
  observations: Set<Observation>;
  /** Directory → number of entries looked up. */
  directories: Map<string, number>;
}

/**
 * Finds walks: a process lists a directory and then looks up entries without using them, as `find`, `os.walk` and
 * reloaders do. An import also lists a directory and looks a source up, but then opens the source or its .pyc.
 */
function walks(fs: RootFs, trace: Pick<Run, 'observations'>): Walks {
  const used = usedPaths(fs, trace.observations);
  const listed = new Set<string>();
  const lookups = new Map<string, Observation[]>();
  const key = (process: number | null, directory: string) => `${process} ${directory}`;
  for (const observation of trace.observations) {
    const { kind, path, process } = observation;
    if (kind === 'list') {
      listed.add(key(process, fs.resolve(path)?.path ?? path));
    } else if (kind === 'lookup') {
      const directory = fs.resolve(parentOf(path))?.path;
      if (directory === undefined || !listed.has(key(process, directory)) || used.has(join(directory, baseName(path)))) continue;
      push(lookups, key(process, directory), observation);
    }
  }
  const result: Walks = { observations: new Set(), directories: new Map() };
  const groups = [...lookups].map(([where, found]) => {
    const [process, directory] = [where.slice(0, where.indexOf(' ')), where.slice(where.indexOf(' ') + 1)];
    const names = new Set(found.map(({ path }) => baseName(path)).filter((name) => fs.lstat(join(directory, name))));
    const most = names.size >= WALK.share * fs.list(directory).length;
    return { process, directory, found, count: names.size, most, walk: most && names.size >= WALK.entries };
  });
  const walks = new Map<string, number>();
  for (const { process, walk } of groups) if (walk) walks.set(process, (walks.get(process) ?? 0) + 1);
  for (const { process, directory, found, count, most, walk } of groups) {
    if (!walk && !(most && (walks.get(process) ?? 0) >= WALKER)) continue;
    for (const observation of found) result.observations.add(observation);
    result.directories.set(directory, Math.max(count, result.directories.get(directory) ?? 0));
  }
  return result;
}

/** Paths that were more than looked up, the directories above them, and the sources of compiled modules (PEP 3147). */
function usedPaths(fs: RootFs, observations: readonly Observation[]): Set<string> {
  const used = new Set<string>();
  for (const { kind, path } of observations) {
    if (kind === 'lookup') continue;
    const real = fs.resolve(path)?.path ?? path;
    const source = /^(.*)\/__pycache__\/([^/.]+)\.[^/]*\.pyc$/.exec(real);
    if (source) used.add(`${source[1]}/${source[2]}.py`);
    for (let at = real; at !== '/' && !used.has(at); at = parentOf(at)) used.add(at);
  }
  return used;
}
