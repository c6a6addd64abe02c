import { execa } from 'execa';
import { z } from 'zod';
import type { ImageInfo, Session } from '../engines/engine.js';
import { ExitCode, UserError, usageError } from '../errors.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import { perform } from '../exercise/perform.js';
import type { Helper } from '../guest/helper.js';
import { type Observed, WatchedApp, type WatchedSpec } from './watched.js';

/** How the app had to be watched; an empty one is the usual way. */
export const WatchingSchema = z.strictObject({
  /** Why system calls can't be listened to, so that only the weaker tracers run. */
  weak: z.string().exactOptional(),
  /** Whether the supervisor needs CAP_SYS_PTRACE, since the app changes its user. */
  ptrace: z.literal(true).exactOptional(),
});
export type Watching = z.infer<typeof WatchingSchema>;

/** One start of the app under the supervisor. */
export interface Outcome {
  /** What it answered, or why the exercise could not be done. */
  answers: Answers | UserError;
  observed: Observed;
  /** How it was watched in the end. */
  watching: Watching;
}

type Where = Pick<WatchedSpec, 'image' | 'config' | 'volume' | 'kit' | 'name'>;

/** Where an image is run that is no other's copy. */
export async function whereOf(helper: Helper, image: ImageInfo): Promise<Omit<Where, 'name'>> {
  return { image: image.id, config: image.config, volume: helper.volume, kit: await helper.kitFor(image.id) };
}

/**
 * Starts the app, does the exercise, and stops it; again, where its supervisor lacked something that it can have.
 * @throws UserError where it could not be watched: the supervisor could not work, or died before the app
 */
export async function runWatched(
  session: Session,
  exercise: Exercise,
  first: Watching,
  where: Where,
  say: (text: string) => void,
): Promise<Outcome> {
  let watching = first;
  for (let round = 0; ; round++) {
    const name = round === 0 ? where.name : `${where.name}-again${round}`;
    const outcome = await runOnce(session, exercise, watching, { ...where, name }, say);
    const lacks = outcome.observed.facts.find(({ needs }) => needs !== undefined)?.needs;
    if (lacks === undefined) return outcome;
    watching = { ...watching, ...OTHERWISE[lacks] };
    say(`it runs again: ${warningsOf(watching).at(-1)}`);
  }
}

async function runOnce(
  session: Session,
  exercise: Exercise,
  watching: Watching,
  where: Where,
  say: (text: string) => void,
): Promise<Outcome> {
  const { args, run, steps, limits, reset, input } = exercise;
  const { ptrace, weak } = watching;
  for (const command of reset) await runReset(command);
  const app = await WatchedApp.start(session, {
    ...where,
    args,
    run,
    ...(ptrace && { ptrace }),
    ...(input !== undefined && { input: Buffer.from(input, 'base64') }),
    listener: weak === undefined,
  });
  const answers = await perform(app, where.config, steps, limits, say).catch((error: unknown) => {
    if (error instanceof UserError && error.exitCode === ExitCode.failed) return error;
    throw error;
  });
  const observed = await app.observed();
  if (!observed.facts.some(({ needs }) => needs !== undefined))
    await requireWhole(observed, app, answers instanceof UserError ? answers : undefined);
  return { answers, observed, watching };
}

/** How a run is tried again, by what its supervisor lacked. */
const OTHERWISE = {
  SYS_PTRACE: { ptrace: true },
  listener: { weak: "the kernel or the container's seccomp profile refuses a listener" },
} as const;

/** Warnings about how the app was watched. */
export function warningsOf({ ptrace, weak }: Watching): string[] {
  return [
    ...(ptrace ? ['the app changes its user: it was run with CAP_SYS_PTRACE, which the supervisor alone had'] : []),
    ...(weak
      ? [
          `only the weaker tracers ran (imports, maps), since ${weak}: files that were read in passing and programs that ended at once were not seen; --level reachable or whole makes up for most of them`,
        ]
      : []),
  ];
}

async function runReset(command: string): Promise<void> {
  const { failed, exitCode, all } = await execa('sh', ['-c', command], { reject: false, all: true });
  if (failed)
    throw usageError(
      `The reset command \`${command}\` of the exercise file failed (${exitCode}): ${all.trim().slice(-500)}`,
      'It is run by sh on this machine before each start of the app; see that it works there.',
    );
}

/** What a supervisor says where its file can't be written (probes/supervisor.py). */
const UNWRITTEN = /^pyshrink: the observations can't be written: (.*)$/m;

async function requireWhole({ facts }: Observed, app: WatchedApp, failure: UserError | undefined): Promise<void> {
  const error = facts.find((one) => one.error !== undefined)?.error;
  if (error !== undefined)
    throw new UserError(`The app could not be watched: ${error}.`, 'Run `pyshrink doctor`, which says what this daemon allows.');
  if (facts.length > 0 && facts.every((one) => one.exit !== undefined)) return;
  const unwritten = UNWRITTEN.exec(app.stderr.bytes.toString('latin1'))?.[1];
  if (unwritten !== undefined)
    throw new UserError(
      `The supervisor could not write down what it saw: ${unwritten}; there is no whole trace.`,
      'See that the disk of the daemon has room, and that --ulimit fsize is not too small.',
    );
  if (await app.container.outOfMemory())
    throw new UserError('The kernel killed the container for want of memory; there is no whole trace.', 'Give it more with --memory.');
  throw (
    failure ??
    new UserError(
      'The supervisor was killed before the app ended; there is no whole trace.',
      'Try again; if it stays, give the app time to stop by itself with --until-exit.',
    )
  );
}
