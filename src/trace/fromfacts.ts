import { posix } from 'node:path';
import { openedModules } from '../python/opened.js';
import { type Facts, IMPORT_PROBE_FILE, type Imports, type Observed } from './facts.js';
import { type Observation, TRACE_VERSION, type Trace } from './schema.js';

type Layout = Pick<Trace['python'], 'searchPath' | 'standardLibrary' | 'builtins' | 'suffixes' | 'editable'>;

/** What a trace of one run is made of. */
export interface RunFacts {
  image: Trace['image'];
  engine: string;
  /** The interpreter, and where it looks for modules when the app starts it. */
  python: Pick<Trace['python'], 'version' | 'executable' | 'sitePackages'> & Layout;
  observed: Observed;
  /** Where pyshrink's own files were in the container. */
  mount: string;
  /** The app's command line and working directory. */
  command: readonly string[];
  workdir: string;
  /** Whether the supervisor listened to system calls. */
  listened: boolean;
  /** Names of the environment variables of this run. */
  environment: readonly string[];
  /** The steps as they may be written down. */
  steps: readonly string[];
  /** Exit status of the app, or null where pyshrink stopped it. */
  exit: number | null;
  /** When the run and its steps began and ended. */
  times?: NonNullable<Trace['runs'][number]['times']>;
}

/** Builds the trace of one run from what the probes wrote. */
export function traceFromFacts(run: RunFacts): Trace {
  const { observed, python, listened } = run;
  const { processes, observations } = mergeFacts(observed.facts, run.mount);
  const guessed = importsWithoutProbe({ processes, observations }, observed.probed, run);
  const modules = new Map([...guessed.modules, ...observed.imports.modules]);
  const searchPath = [...observed.imports.searchPath, ...guessed.searchPath];
  return {
    version: TRACE_VERSION,
    image: run.image,
    engine: run.engine,
    python: { ...python, searchPath: [...new Set([...searchPath, ...python.searchPath])] },
    tracers: [
      ...(listened ? (['supervisor'] as const) : []),
      'maps',
      'ldd',
      ...(observed.imports.modules.size > 0 ? (['imports'] as const) : []),
    ],
    runs: [
      {
        environment: [...run.environment].sort(),
        exercise: [...run.steps],
        exit: run.exit,
        tests: modules.has('_pytest') ? 'pytest' : null,
        ...(run.times && { times: run.times }),
      },
    ],
    processes: processes.map((process) => ({ ...process, run: 0 })),
    observations: listened ? observations : [...observations, ...wouldBeSeen(python, modules.values())],
    modules: Object.fromEntries([...modules].sort(([a], [b]) => (a < b ? -1 : 1))),
    unsound: [],
    repairs: [],
    warnings: observed.facts.flatMap((facts) => facts.warnings),
  };
}

/** What a listener would have seen of the interpreter's own start, and of each import. */
function wouldBeSeen({ searchPath, standardLibrary }: Layout, files: Iterable<string | null>): Observation[] {
  const folders = [...new Set([...searchPath, ...standardLibrary])];
  return [
    ...folders.map((path): Observation => ({ kind: 'list', path, process: null })),
    ...[...files].flatMap((path): Observation[] => (path === null ? [] : [{ kind: 'open', path, process: null }])),
  ];
}

/**
 * Imports of interpreters that had no import probe (`python -S`, or any interpreter where we may write no .pth file),
 * as far as the command line and the files that they opened show them.
 */
function importsWithoutProbe(
  { processes, observations }: Pick<Facts, 'processes' | 'observations'>,
  probed: ReadonlySet<number>,
  { command, workdir, python }: Pick<RunFacts, 'command' | 'workdir' | 'python'>,
): Pick<Imports, 'modules' | 'searchPath'> {
  const isUnprobed = (index: number | null) => {
    const process = index === null ? undefined : processes[index];
    return process?.executable && /^python[\d.]*$/.test(posix.basename(process.executable)) && !probed.has(process.pid);
  };
  const opened = observations.filter(({ kind, process }) => kind === 'open' && isUnprobed(process)).map(({ path }) => path);
  if (opened.length === 0) return { modules: new Map(), searchPath: [] };
  const scripts = command.filter((word) => word.endsWith('.py')).map((word) => posix.dirname(posix.resolve(workdir, word)));
  const searchPath = [...new Set([...scripts, workdir])];
  return { modules: openedModules(opened, [...searchPath, ...python.searchPath], python.suffixes), searchPath };
}

/**
 * Joins the facts of all supervisors of a run. Leaves out pyshrink's own files and those that the kernel makes up.
 * @param mount where pyshrink's own files were
 */
export function mergeFacts(
  all: readonly Pick<Facts, 'processes' | 'observations'>[],
  mount: string,
): Pick<Facts, 'processes' | 'observations'> {
  const processes: Facts['processes'] = [];
  const observations: Facts['observations'] = [];
  for (const facts of all) {
    const first = processes.length;
    for (const process of facts.processes)
      processes.push({ ...process, executable: process.executable && isOurs(process.executable, mount) ? null : process.executable });
    for (const { process, ...seen } of facts.observations) {
      if (!isOurs(seen.path, mount)) observations.push({ ...seen, process: process === null ? null : first + process });
    }
  }
  return { processes, observations };
}

/** Whether a path belongs to pyshrink's mount, to the import probe, or to a file system that the kernel makes up. */
function isOurs(path: string, mount: string): boolean {
  return path.startsWith(`${mount}/`) || path === mount || /^\/(proc|sys|dev)(\/|$)/.test(path) || path.endsWith(`/${IMPORT_PROBE_FILE}`);
}
