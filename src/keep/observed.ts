import { baseName, join, parentOf, push, type RootFs } from '../rootfs.js';
import type { Observation, ObservationKind, Trace } from '../trace/schema.js';
import type { Addition } from './keepset.js';
import type { Rule } from './rule.js';

/** What an observation keeps: the path itself; or its directory, where the path is about to be made or removed. */
const KEEPS: Record<ObservationKind, { what: 'path' | 'parent'; words: string }> = {
  open: { what: 'path', words: 'opened' },
  write: { what: 'path', words: 'opened for writing' },
  map: { what: 'path', words: 'mapped' },
  exec: { what: 'path', words: 'executed' },
  ldd: { what: 'path', words: "found by the image's own loader" },
  lookup: { what: 'path', words: 'looked up' },
  // A directory is kept as such; what is in it has to be observed itself.
  list: { what: 'path', words: 'listed' },
  chdir: { what: 'path', words: 'entered' },
  change: { what: 'path', words: 'changed' },
  connect: { what: 'parent', words: 'connected to' },
  create: { what: 'parent', words: 'made' },
  remove: { what: 'path', words: 'removed' },
};

interface Run {
  observations: readonly Observation[];
  processes: readonly Pick<Trace['processes'][number], 'executable'>[];
}

/** Looking up at least this many and this share of a listed directory's entries, without opening them, is a walk. */
const WALK = { entries: 8, share: 0.5 };
/** A process with that many walks goes through everything: then what it looks up in small directories is one, too. */
const WALKER = 3;

/** What was seen, runs again. */
export const observedRule: Rule = {
  name: 'observed',
  begin({ fs, trace, notes }) {
    const { additions, walked } = observedAdditions(fs, trace);
    notes.push(...toldOfWalks(walked));
    return additions;
  },
};

/** Directories that a note names; a walk over everything has thousands. */
const NAMED = 5;

function toldOfWalks(walked: ReadonlyMap<string, number>): string[] {
  const all = [...walked].sort(([, a], [, b]) => b - a);
  const rest = all.slice(NAMED);
  return [
    ...all.slice(0, NAMED).map(([directory, count]) => `a walk over ${directory} was not kept (${count} entries looked up)`),
    ...(rest.length > 0
      ? [`nor were walks over ${rest.length} more directories (${rest.reduce((sum, [, count]) => sum + count, 0)} entries)`]
      : []),
  ];
}

/** What a run's observations keep, and the directories that it only walked over with the number of entries. */
export function observedAdditions(fs: RootFs, run: Run): { additions: Addition[]; walked: Map<string, number> } {
  const found = walks(fs, run);
  const seen = run.observations.filter((observation) => !found.observations.has(observation));
  return { additions: seen.flatMap((observation) => keptBy(observation, run)), walked: found.directories };
}

function keptBy(observation: Observation, trace: Run): Addition[] {
  const { what, words } = KEEPS[observation.kind];
  const executable = observation.process === null ? null : trace.processes[observation.process]?.executable;
  const by = executable ? { parents: [executable], detail: `${words} by ${baseName(executable)}` } : { parents: [], detail: words };
  const here: Addition = { path: observation.path, rule: 'observed', ...by };
  const parent: Addition = {
    path: parentOf(observation.path),
    rule: 'observed',
    parents: by.parents,
    detail: `${by.detail}: something in it`,
  };
  if (what === 'parent') return [parent];
  return observation.kind === 'write' || observation.kind === 'remove' ? [here, parent] : [here];
}

interface Walks {
  /** Look-ups that keep nothing. */
  observations: Set<Observation>;
  /** Directory → entries looked up. */
  directories: Map<string, number>;
}

/**
 * Look-ups of children after their directory was listed by the same process, where nothing was done with the child:
 * `find`, `os.walk`, a reloader. An import too lists a directory and looks a source up, but then opens it or its .pyc.
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

/** What was more than looked up, the directories above it, and the sources of compiled modules (PEP 3147). */
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
