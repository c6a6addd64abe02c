import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { ImageInfo, Session } from '../engines/engine.js';
import { PLAIN_RUN } from '../engines/runoptions.js';
import { UserError } from '../errors.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import type { Helper, Layout } from '../guest/helper.js';
import { otherInterpreter } from '../guest/interpreters.js';
import { askLoader } from '../guest/ldd.js';
import { environmentOf } from '../images/config.js';
import { openedModules } from '../python/opened.js';
import type { RootFs } from '../rootfs.js';
import { toldOfPrograms } from '../trace/programs.js';
import { type Observation, TRACE_VERSION, type Trace } from '../trace/schema.js';
import { commandOf } from './app.js';
import type { Facts, Imports } from './facts.js';
import { beforeRun, viewMachine } from './hostview.js';
import { runWatched, type Watching, warningsOf } from './run.js';
import type { Observed } from './watched.js';

export interface TraceResult {
  trace: Trace;
  /** The interpreter of the app, where it is not that which the helper has. */
  interpreter: string | undefined;
  /** How it had to be watched. */
  watching: Watching;
  answers: Answers;
  fs: RootFs;
}

/** Executed by `site` at the start of every interpreter of the image that reads .pth files. */
const IMPORT_PROBE =
  'import os; _p="/.pyshrink/pyshrink_probes/imports.py"; _g={}; os.path.exists(_p) and (exec(compile(open(_p).read(),_p,"exec"),_g) or _g["start"]("/.pyshrink/observations"))\n';
const PROBE_FILE = '_pyshrink_imports.pth';

/**
 * Runs the image once under all tracers and does the exercise.
 * @param include paths that the user wants in any case
 */
export async function traceImage(
  session: Session,
  helper: Helper,
  image: ImageInfo,
  exercise: Exercise,
  say: (text: string) => void,
  include: readonly string[] = [],
): Promise<TraceResult> {
  // Both at once: the helper lists the image while the daemon commits the probe.
  const [listed, probed] = await Promise.all([image.separateRoot ? helper.rootFs() : undefined, addImportProbe(session, helper, image)]);
  const kit = await helper.kitFor(image.id);
  const before = image.separateRoot ? undefined : await beforeRun(image.config.WorkingDir ?? '/');
  const first: Watching = kit.lacking === null ? {} : { weak: `the image's Python lacks what that takes (${kit.lacking})` };
  const where = { image: probed, config: image.config, volume: helper.volume, kit, name: 'trace' };
  const { answers, observed, watching } = await runWatched(session, exercise, first, where, say);
  if (answers instanceof UserError) throw answers;
  const trace = await assembleTrace(session, image, helper, exercise, watching, answers, observed);
  const view = listed ? { fs: listed, warnings: [] } : await viewMachine(helper, image, trace, include, before);
  const { fs } = view;
  const unanswered = answers.steps.flatMap(({ label, answer }) =>
    answer.kind === 'failed' ? [`${label} was not answered: ${answer.reason}`] : [],
  );
  trace.warnings.unshift(...warningsOf(watching), ...unanswered, ...(await toldOfPrograms(fs, trace, helper.python.machine)));
  trace.warnings.push(...view.warnings);
  const environment = { ...environmentOf(image.config.Env), ...environmentOf(exercise.run.env) };
  const seen = trace.observations.filter(({ kind }) => kind === 'open' || kind === 'exec' || kind === 'map').map(({ path }) => path);
  const opinion = await askLoader(fs, helper, seen, environment);
  for (const path of new Set(opinion.paths)) trace.observations.push({ kind: 'ldd', path, process: null });
  trace.warnings.push(...opinion.warnings);
  const interpreter = image.python !== undefined ? undefined : otherInterpreter(fs, trace, helper.python.executable);
  return { trace, watching, answers, fs, interpreter };
}

/**
 * A throwaway image to trace: with the import probe in each folder that `site` reads. It inherits the configuration of the
 * container that it is made of, so that is made without any run option.
 */
export async function addImportProbe(session: Session, helper: Helper, image: ImageInfo): Promise<string> {
  // Nothing is written to a machine.
  if (!image.separateRoot || !session.features.commit || helper.python.sitePackages.length === 0) return image.id;
  const container = await session.create({
    image: image.id,
    command: ['pyshrink'],
    run: PLAIN_RUN,
    volume: helper.volume,
    attachInput: false,
    role: 'app',
  });
  const archive = pack();
  for (const folder of helper.python.sitePackages) archive.entry({ name: `${folder.slice(1)}/${PROBE_FILE}`, mode: 0o644 }, IMPORT_PROBE);
  archive.finalize();
  await container.putArchive('/', archive as unknown as Readable);
  // A new inode for the interpreter, as in every copy of an image: what remembers things by its time of change (uv's
  // cache) asks it anew here, as it will in the shrunk image. The local engine unpacks anew in any case.
  if (!session.features.freshFiles) {
    const { real } = helper.python;
    // Whole in between: the daemon does one or the other with a container.
    await container.putArchive(posix.dirname(real), await buffer(await container.getArchive(real)));
  }
  const id = await container.commit();
  await container.remove();
  return id;
}

async function assembleTrace(
  session: Session,
  image: ImageInfo,
  helper: Helper,
  exercise: Exercise,
  watching: Watching,
  answers: Answers,
  observed: Observed,
): Promise<Trace> {
  const { processes, observations } = mergeFacts(observed.facts, session.mountOf(image.id, helper.volume));
  const { os, architecture, variant } = image.platform;
  const environment = environmentOf(exercise.run.env);
  const workdir = exercise.run.workdir ?? (image.config.WorkingDir || '/');
  const layout = await helper.layout(environment, workdir);
  const command = commandOf(image.config, exercise.run, exercise.args);
  const unprobed = withoutProbe({ processes, observations }, observed.probed, command, workdir, layout);
  const modules = new Map([...unprobed.modules, ...observed.imports.modules]);
  const searchPath = [...observed.imports.searchPath, ...unprobed.searchPath];
  return {
    version: TRACE_VERSION,
    image: {
      id: image.id,
      reference: image.reference,
      digests: image.digests,
      size: image.size,
      ...(!image.separateRoot && { shared: true }),
      platform: [os, architecture, variant].filter(Boolean).join('/'),
    },
    engine: session.engine,
    python: {
      ...layout,
      version: helper.python.version.join('.'),
      executable: helper.python.executable,
      sitePackages: helper.python.sitePackages,
      searchPath: [...new Set([...searchPath, ...layout.searchPath])],
    },
    tracers: [
      ...(watching.weak ? [] : (['supervisor'] as const)),
      'maps',
      'ldd',
      ...(observed.imports.modules.size > 0 ? (['imports'] as const) : []),
    ],
    runs: [
      {
        environment: Object.keys(environment).sort(),
        exercise: answers.steps.map(({ label }) => label),
        exit: answers.app.exit,
        tests: modules.has('_pytest') ? 'pytest' : null,
      },
    ],
    processes: processes.map((process) => ({ ...process, run: 0 })),
    observations: watching.weak === undefined ? observations : [...observations, ...wouldBeSeen(layout, modules.values())],
    modules: Object.fromEntries([...modules].sort(([a], [b]) => (a < b ? -1 : 1))),
    unsound: [],
    repairs: [],
    warnings: [...new Set([...session.warnings, ...observed.facts.flatMap((facts) => facts.warnings)])],
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
 * What the import probe would have told of interpreters that it was not in (`python -S`, and all of a machine), as far
 * as command line and opened files do.
 */
function withoutProbe(
  { processes, observations }: ReturnType<typeof mergeFacts>,
  probed: ReadonlySet<number>,
  command: readonly string[],
  workdir: string,
  layout: Layout,
): Imports {
  const isUnprobed = (index: number | null) => {
    const process = index === null ? undefined : processes[index];
    return process?.executable && /^python[\d.]*$/.test(posix.basename(process.executable)) && !probed.has(process.pid);
  };
  const opened = observations.filter(({ kind, process }) => kind === 'open' && isUnprobed(process)).map(({ path }) => path);
  if (opened.length === 0) return { modules: new Map(), searchPath: [] };
  const scripts = command.filter((word) => word.endsWith('.py')).map((word) => posix.dirname(posix.resolve(workdir, word)));
  const searchPath = [...new Set([...scripts, workdir])];
  return { modules: openedModules(opened, [...searchPath, ...layout.searchPath], layout.suffixes), searchPath };
}

/**
 * Puts the facts of all supervisors of a run together; what is ours or the kernel's is left out.
 * @param mount where our own files were
 */
export function mergeFacts(all: readonly Facts[], mount: string): { processes: Facts['processes']; observations: Observation[] } {
  const processes: Facts['processes'] = [];
  const observations: Observation[] = [];
  for (const facts of all) {
    const first = processes.length;
    for (const process of facts.processes)
      processes.push({ ...process, executable: process.executable && isOurs(process.executable, mount) ? null : process.executable });
    for (const { kind, path, process } of facts.observations) {
      if (!isOurs(path, mount)) observations.push({ kind, path, process: process === null ? null : first + process });
    }
  }
  return { processes, observations };
}

/** Our own mount, and what the kernel makes up. */
function isOurs(path: string, mount: string): boolean {
  return path.startsWith(`${mount}/`) || path === mount || /^\/(proc|sys|dev)(\/|$)/.test(path) || path.endsWith(`/${PROBE_FILE}`);
}
