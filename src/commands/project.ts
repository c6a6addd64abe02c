import { conceal } from '../conceal.js';
import { usageError } from '../errors.js';
import { PLAIN_EXERCISE } from '../exercise/exercise.js';
import { environmentSecrets, exerciseSecrets } from '../exercise/secrets.js';
import { environmentOf } from '../images/config.js';
import type { NamedExercise, ShrinkOptions } from '../index.js';
import { findProject, type Project, readProject } from '../project/file.js';
import { own } from '../records.js';
import { type ExerciseFlags, environmentEntries, exerciseOf, limitsOf, runFlagsOf } from './exercise.js';

/** Options that say what one run does. With a file, they would belong to no run. */
const OF_ONE_RUN = {
  http: '--http',
  exec: '--exec',
  wait: '--wait',
  untilExit: '--until-exit',
  expectExit: '--expect-exit',
  exercise: '--exercise',
  interactive: '--interactive',
};
/** Options of the image, which replace what the file says. */
const CHOICES = ['level', 'targetGpu', 'base', 'tag', 'output', 'engine', 'maxSize', 'maxFiles', 'jobs'] as const;
const LIMITS = { startTimeout: 'start', stepTimeout: 'step', exitTimeout: 'exit' } as const;

/** Options about a compose file. */
export interface ComposeFlags {
  compose?: string | undefined;
  useExternal?: true | undefined;
  /** False: mounts that hide files of the app are left out. */
  binds?: boolean;
  writeOverride?: string | undefined;
}

/** What the command line gives beside the file. */
export interface Given {
  image: string | undefined;
  args: readonly string[];
  /** Whether all words of the command line that are no options stand after `--`, so that the first one is no image. */
  isCommandOnly: boolean;
  flags: ExerciseFlags & ComposeFlags & { include: string[]; exclude: string[] };
  /** Whether the user has written an option, by its name. */
  isWritten: (name: string) => boolean;
}

/** What is shrunk: what a project file and the command line say together, or the command line alone. @throws as {@link projectOptions} */
export async function wishesOf(file: string | undefined, given: Given): Promise<ShrinkOptions> {
  const options = await projectOptions(file, given);
  if (options) return options;
  const { image, args, flags } = given;
  const compose = composeOf(undefined, flags);
  return { ...(image !== undefined && { image }), ...(compose && { compose }), exercise: await exerciseOf([...args], flags) };
}

/**
 * The compose file of a command line, or else of a project file.
 * @throws UserError for an option that needs one where there is none
 */
function composeOf(ofFile: Project['compose'], { compose, useExternal, binds, writeOverride }: ComposeFlags): ShrinkOptions['compose'] {
  const file = compose ?? ofFile?.file;
  if (file === undefined) {
    const flag = useExternal ? '--use-external' : binds === false ? '--no-binds' : undefined;
    const stray = writeOverride === undefined ? flag : '--write-override';
    if (stray === undefined) return undefined;
    throw usageError(
      `${stray} is about a compose file, and there is none.`,
      'Name it with --compose FILE, or `compose:` in pyshrink.yaml.',
    );
  }
  return {
    file,
    useExternal: useExternal ?? ofFile?.useExternal ?? false,
    noBinds: binds === false || (ofFile?.noBinds ?? false),
    ...(writeOverride !== undefined && { override: writeOverride }),
  };
}

/**
 * What a project file and the command line say together: the file that is named; without an image, the one of the working
 * directory. Options replace values of the file; lists are added to its lists. Run options and variables are for every run.
 * @returns undefined where the command line alone says what to do
 * @throws UserError where there is neither an image nor a file, the file can't be read, or an option belongs to a single run
 */
export async function projectOptions(file: string | undefined, given: Given): Promise<ShrinkOptions | undefined> {
  const { image, flags, isCommandOnly } = given;
  if (file === undefined && image !== undefined && !isCommandOnly) return undefined;
  const path = file ?? (await findProject());
  // A compose file says what the runs are, so it needs no project file.
  if (path === undefined && flags.compose !== undefined) return undefined;
  if (path === undefined)
    throw usageError(
      'There is no image to shrink: none is named, and this folder has no pyshrink.yaml.',
      `Write \`pyshrink shrink IMAGE${isCommandOnly ? ' -- COMMAND' : ''}\`, name a file with -f, or make one with \`pyshrink init IMAGE\`.`,
    );
  if (isCommandOnly) throw belongsToRun('A command after --');
  // They are read once, since a file may be a pipe.
  const entries = await environmentEntries(flags);
  return withProject(await readProject(path, { ...process.env, ...environmentOf(entries) }), given, entries);
}

function withProject(
  project: Project,
  { image = project.image, args, flags, isWritten }: Given,
  entries: readonly string[],
): ShrinkOptions {
  for (const [name, flag] of Object.entries(OF_ONE_RUN)) if (isWritten(name)) throw belongsToRun(flag);
  if (args.length > 0) throw belongsToRun('A command after --');
  const compose = composeOf(project.compose, flags);
  if (image === undefined && !compose)
    throw usageError('Neither the file nor the command line names an image.', 'Add `image: NAME` to the file.');
  const written: Record<string, unknown> = flags as unknown as Record<string, unknown>;
  const options = Object.fromEntries(CHOICES.flatMap((name) => (isWritten(name) ? [[name, written[name]]] : [])));
  // The place that the command line names replaces that of the file, whichever way it is named.
  const { tag, output, runs, compose: _compose, ...kept } = project;
  const place =
    isWritten('tag') || isWritten('output') ? {} : { ...(tag !== undefined && { tag }), ...(output !== undefined && { output }) };
  conceal(runs.flatMap(({ exercise }) => [...environmentSecrets(exercise.run.env), ...exerciseSecrets(exercise)]));
  return {
    ...kept,
    ...place,
    ...options,
    ...(image !== undefined && { image }),
    ...(compose && { compose }),
    include: [...project.include, ...flags.include],
    exclude: [...project.exclude, ...flags.exclude],
    ...(runs.length > 0
      ? { exercises: runs.map((run) => withFlags(run, flags, entries, isWritten)) }
      : { exercise: withFlags({ name: '', exercise: PLAIN_EXERCISE }, flags, entries, isWritten).exercise }),
  };
}

function withFlags(
  { exercise, ...named }: NamedExercise,
  flags: ExerciseFlags,
  entries: readonly string[],
  isWritten: Given['isWritten'],
): NamedExercise {
  const { run } = exercise;
  const given = Object.entries(runFlagsOf(flags)).map(([option, value]) => {
    const before: unknown = own(run as unknown as Record<string, unknown>, option);
    return [option, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value];
  });
  const limits = limitsOf(flags);
  const longer = Object.entries(LIMITS).flatMap(([option, limit]) => (isWritten(option) ? [[limit, limits[limit]]] : []));
  return {
    ...named,
    exercise: {
      ...exercise,
      run: { ...run, ...Object.fromEntries(given), env: [...run.env, ...entries] },
      limits: { ...exercise.limits, ...Object.fromEntries(longer) },
      ...(flags.allowFailing && { allowFailing: true }),
    },
  };
}

/**
 * Whether all operands of a command line stand after `--`.
 * @param argv its words
 * @param operands how many of them are no options
 */
export function onlyAfterDashes(argv: readonly string[], operands: number): boolean {
  const end = argv.indexOf('--');
  return end >= 0 && operands > 0 && operands === argv.length - end - 1;
}

function belongsToRun(flag: string): Error {
  return usageError(
    `${flag} would belong to no run of the file.`,
    'Write it below a run in the file, or name an image without -f to shrink a single run.',
  );
}
