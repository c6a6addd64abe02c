import { execa } from 'execa';
import { debug } from '../debug.js';
import type { ImageInfo, ServiceContainer, Session } from '../engines/engine.js';
import { ExitCode, UserError, usageError } from '../errors.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import { isWorkerCommand } from '../exercise/lasting.js';
import { type Performed, perform } from '../exercise/perform.js';
import { shellFor } from '../exercise/shell.js';
import type { Step } from '../exercise/steps.js';
import type { Helper } from '../guest/helper.js';
import type { Needs, Observed } from '../trace/facts.js';
import type { Watching } from '../trace/watching.js';
import { commandOf } from './app.js';
import { WatchedApp, type WatchedSpec } from './watched.js';

/** How many times longer than the app the services beside it may take to start: a database makes its files first. */
const SERVICES_SLOWER = 5;

/** One run of the app under the supervisor. `done` is empty where the exercise could not be done. */
export interface Outcome extends Pick<Performed, 'done' | 'took' | 'times'> {
  /** What the app answered, or why the exercise could not be done. */
  answers: Answers | UserError;
  observed: Observed;
  /** How the app was watched in the end. */
  watching: Watching;
}

type Where = Pick<WatchedSpec, 'image' | 'config' | 'volume' | 'kit' | 'name'>;

/** What {@link runWatched} needs to run an image as it is. A copy of an image is run with the original's configuration instead. */
export async function whereOf(helper: Helper, image: ImageInfo): Promise<Omit<Where, 'name'>> {
  return { image: image.id, config: image.config, volume: helper.volume, kit: await helper.kitFor(image.id) };
}

/**
 * Starts the app, does the exercise, and stops the app. Where the supervisor lacks something (a capability, or the
 * listener), it runs the app again in the other way.
 * @param chosen the steps of the default exercise that an earlier run did
 * @throws UserError where the app could not be watched: the supervisor could not work, or was killed before the app ended
 */
export async function runWatched(
  session: Session,
  exercise: Exercise,
  first: Watching,
  where: Where,
  say: (text: string) => void,
  chosen?: readonly Step[],
): Promise<Outcome> {
  let watching = first;
  for (let round = 0; ; round++) {
    const name = round === 0 ? where.name : `${where.name}-again${round}`;
    const outcome = await runOnce(session, exercise, watching, { ...where, name }, say, chosen);
    const lacks = outstanding(outcome.observed, watching);
    if (lacks === undefined) return outcome;
    const refused = lacks === 'SYS_PTRACE' ? (outcome.observed.lacks?.refused ?? []) : [];
    watching = { ...watching, ...OTHERWISE[lacks], ...(refused.length > 0 && { refused }) };
    debug.watch('%s: the supervisor lacks %s; running again with %o', name, lacks, watching);
    say(`running it again: ${watchingWarnings(watching).at(-1)}`);
  }
}

async function runOnce(
  session: Session,
  exercise: Exercise,
  watching: Watching,
  where: Where,
  say: (text: string) => void,
  chosen: readonly Step[] | undefined,
): Promise<Outcome> {
  const { limits, compose } = exercise;
  const service = compose && (await session.startBeside?.(compose.file, compose.service, limits.start * SERVICES_SLOWER, say));
  try {
    return await runBeside(session, exercise, watching, where, service, say, chosen);
  } finally {
    await service?.end();
  }
}

async function runBeside(
  session: Session,
  exercise: Exercise,
  watching: Watching,
  where: Where,
  service: ServiceContainer | undefined,
  say: (text: string) => void,
  chosen: readonly Step[] | undefined,
): Promise<Outcome> {
  const { args, run, reset, input } = exercise;
  const { ptrace, refused, noListener } = watching;
  const config = { ...where.config, ...service?.config };
  for (const command of reset) await runReset(command, session.ending);
  const start = Date.now();
  debug.watch('%s: starting image %s with %o', where.name, where.image, watching);
  const app = await WatchedApp.start(session, {
    ...where,
    config,
    args,
    run,
    ...(ptrace && { ptrace }),
    ...(refused && { refused }),
    ...(service && { like: service.id }),
    ...(input !== undefined && { input: Buffer.from(input, 'base64') }),
    listener: noListener === undefined,
  });
  const waits = isWorkerCommand(commandOf(config, run, args));
  const performed = await perform(app, config, { ...exercise, waits, signal: session.ending }, say, chosen).catch((error: unknown) => {
    if (error instanceof UserError && error.exitCode === ExitCode.failed) return error;
    throw error;
  });
  if (performed instanceof UserError) debug.watch('%s: the exercise failed: %s', where.name, performed.message);
  const observed = await app.observed();
  const count = observed.facts.reduce((sum, { observations }) => sum + observations.length, 0);
  debug.watch('%s: ended with %s after %d s; %d observations', where.name, app.exit, (Date.now() - start) / 1000, count);
  if (outstanding(observed, watching) === undefined)
    await requireWhole(observed, app, performed instanceof UserError ? performed : undefined);
  const outcome = performed instanceof UserError ? { answers: performed, done: [], took: {}, times: [] } : performed;
  return { ...outcome, observed, watching };
}

/** How to run the app again, by what its supervisor lacked. */
const OTHERWISE = {
  SYS_PTRACE: { ptrace: true },
  listener: { noListener: "the kernel or the container's seccomp profile refuses a listener" },
} as const;

/** What the supervisor lacked and has not been given yet. Each is given once. */
function outstanding({ lacks }: Observed, { ptrace, noListener }: Watching): Needs | undefined {
  const given = lacks?.what === 'SYS_PTRACE' ? ptrace : noListener;
  return given === undefined ? lacks?.what : undefined;
}

/** Warnings about how the app was watched. */
export function watchingWarnings({ ptrace, noListener }: Watching): string[] {
  return [
    ...(ptrace ? ['the app changes its user: its supervisor, and only that, ran with CAP_SYS_PTRACE'] : []),
    ...(noListener
      ? [
          `only the weaker tracers ran, since ${noListener}: files that were read and closed again, and programs that ended at once, may be missing from the trace; --level reachable or whole keeps most of them`,
        ]
      : []),
  ];
}

async function runReset(command: string, cancelSignal: AbortSignal): Promise<void> {
  const { args, env } = shellFor(command);
  const { failed, exitCode, all } = await execa('sh', args, { env, reject: false, all: true, cancelSignal });
  if (failed)
    throw usageError(
      `The reset command \`${command}\` of the exercise file failed with status ${exitCode}: ${all.trim().slice(-500)}`,
      'sh runs it on this computer before each start of the app. Check that it works there.',
    );
}

/** What probes/supervisor.py prints where it can't write its file. */
const UNWRITTEN = /^pyshrink: the observations can't be written: (.*)$/m;
/** What it prints where a process of the app outlives its kill signal: that process could change the facts. */
const UNENDED = /^pyshrink: the app's processes can't be ended$/m;

/**
 * Refuses observations that may be incomplete.
 * @param failure why the exercise could not be done
 * @throws UserError
 */
async function requireWhole({ facts }: Observed, app: WatchedApp, failure: UserError | undefined): Promise<void> {
  const error = facts.find((one) => one.error !== undefined)?.error;
  if (error !== undefined)
    throw new UserError(`The app could not be watched: ${error}.`, 'Run `pyshrink doctor` to see what this daemon allows.');
  if (facts.length > 0 && facts.every((one) => one.exit !== undefined)) return;
  const printed = app.stderr.bytes.toString('latin1');
  const unwritten = UNWRITTEN.exec(printed)?.[1];
  if (unwritten !== undefined)
    throw new UserError(
      `The supervisor could not write down what it saw: ${unwritten}. The trace is incomplete.`,
      "Check the free space on the daemon's disk, and the limit of --ulimit fsize.",
    );
  if (UNENDED.test(printed))
    throw new UserError(
      'The supervisor could not end all processes of the app. The trace is incomplete.',
      'If the app changes its user, leave it the capability KILL (--cap-add KILL).',
    );
  if (await app.container.outOfMemory())
    throw new UserError(
      'The kernel killed the container because it ran out of memory. The trace is incomplete.',
      'Give it more memory with --memory.',
    );
  throw (
    failure ??
    new UserError(
      'The supervisor was killed before the app ended. The trace is incomplete.',
      'Try again. If it happens again, use --until-exit so that the app stops by itself.',
    )
  );
}
