import type { ImageInfo, Session } from '../engines/engine.js';
import { UserError } from '../errors.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import type { Step } from '../exercise/steps.js';
import type { Helper } from '../guest/helper.js';
import { otherInterpreter } from '../guest/interpreters.js';
import { askLoader } from '../guest/ldd.js';
import { environmentOf } from '../images/config.js';
import { formatPlatform } from '../images/platform.js';
import type { RootFs } from '../rootfs.js';
import type { Observed } from '../trace/facts.js';
import { traceFromFacts } from '../trace/fromfacts.js';
import { programWarnings } from '../trace/programs.js';
import type { Trace } from '../trace/schema.js';
import type { Watching } from '../trace/watching.js';
import { commandOf } from './app.js';
import { beforeRun, viewHost } from './hostview.js';
import { addImportProbe } from './importprobe.js';
import { runWatched, watchingWarnings } from './run.js';

export interface TraceResult {
  trace: Trace;
  /** The app's interpreter, set where the app uses another interpreter than the helper: trace again with that one. */
  interpreter: string | undefined;
  /** How the app had to be watched. */
  watching: Watching;
  answers: Answers;
  /** The steps that were done. */
  done: Step[];
  /** Seconds until the app listened; undefined where it did not. */
  took: number | undefined;
  fs: RootFs;
  /** Functions that ran, as `FILE TAB LINE`; undefined where they were not measured. */
  functions: ReadonlySet<string> | undefined;
}

/**
 * Runs the image once under all tracers and does the exercise.
 * @param include paths that the user wants in any case
 * @param known what an earlier run of this command has shown: that the app changes its user
 * @throws UserError where the exercise could not be done, or the app could not be watched
 */
export async function traceImage(
  session: Session,
  helper: Helper,
  image: ImageInfo,
  exercise: Exercise,
  say: (text: string) => void,
  include: readonly string[] = [],
  known: Pick<Watching, 'ptrace' | 'refused'> = {},
): Promise<TraceResult> {
  // Both at once: the helper lists the image while the daemon commits the probe.
  const [listed, probed] = await Promise.all([image.separateRoot ? helper.rootFs() : undefined, addImportProbe(session, helper, image)]);
  const kit = await helper.kitFor(image.id);
  const before = image.separateRoot ? undefined : await beforeRun(image.config.WorkingDir ?? '/');
  const { ptrace, refused } = known;
  const first: Watching = {
    ...(kit.lacking !== null && { noListener: `the image's Python can't do it (${kit.lacking})` }),
    ...(ptrace && { ptrace }),
    ...(refused && { refused }),
  };
  const where = { image: probed, config: image.config, volume: helper.volume, kit, name: 'trace' };
  const { answers, done, took, times, observed, watching } = await runWatched(session, exercise, first, where, say);
  if (answers instanceof UserError) throw answers;
  const trace = await traceOf(session, image, helper, exercise, watching, answers, observed, { ...took, steps: times });
  const view = listed ? { fs: listed, warnings: [] } : await viewHost(helper, image, trace, include, before);
  const { fs } = view;
  const opinion = await askLoader(fs, helper, pathsUsed(trace), {
    ...environmentOf(image.config.Env),
    ...environmentOf(exercise.run.env),
  });
  for (const path of new Set(opinion.paths)) trace.observations.push({ kind: 'ldd', path, process: null });
  trace.warnings = [
    ...watchingWarnings(watching),
    ...(await programWarnings(fs, trace, helper.python.architecture, setsNoNewPrivileges(session, exercise, watching))),
    ...new Set([...session.warnings, ...trace.warnings]),
    ...view.warnings,
    ...opinion.warnings,
  ];
  const interpreter = image.python !== undefined ? undefined : otherInterpreter(fs, trace, helper.python.executable);
  const functions = observed.imports.measured ? observed.imports.ran : undefined;
  return { trace, watching, answers, done, took: took.start, fs, interpreter, functions };
}

async function traceOf(
  session: Session,
  image: ImageInfo,
  helper: Helper,
  exercise: Exercise,
  watching: Watching,
  answers: Answers,
  observed: Observed,
  times: { start?: number; steps: [number, number][] },
): Promise<Trace> {
  const { version, executable, sitePackages } = helper.python;
  const environment = environmentOf(exercise.run.env);
  const workdir = exercise.run.workdir ?? (image.config.WorkingDir || '/');
  return traceFromFacts({
    image: {
      id: image.id,
      reference: image.reference,
      digests: image.digests,
      size: image.size,
      ...(!image.separateRoot && { shared: true }),
      platform: formatPlatform(image.platform),
    },
    engine: session.engine,
    python: { ...(await helper.layout(environment, workdir)), version: version.join('.'), executable, sitePackages },
    observed,
    mount: session.mountOf(image.id, helper.volume),
    command: commandOf(image.config, exercise.run, exercise.args),
    workdir,
    listened: watching.noListener === undefined,
    environment: Object.keys(environment),
    steps: answers.steps.map(({ label }) => label),
    exit: answers.app.exit,
    times: {
      start: answers.time.start,
      listened: times.start === undefined ? null : Math.round(answers.time.start + times.start * 1000),
      steps: times.steps,
    },
  });
}

/** Paths that may be ELF files in use: opened, executed or mapped. */
function pathsUsed({ observations }: Trace): string[] {
  return observations.filter(({ kind }) => kind === 'open' || kind === 'exec' || kind === 'map').map(({ path }) => path);
}

/**
 * Whether the app has no_new_privs only because it is watched: the listener's filter needs it (seccomp(2)), and so does the
 * filter of an engine without a runtime.
 */
function setsNoNewPrivileges({ features }: Session, { run }: Exercise, { noListener }: Watching): boolean {
  if (run.securityOpt.some((option) => /^no-new-privileges(?:[:=]true)?$/.test(option))) return false;
  return noListener === undefined || !features.runtime;
}
