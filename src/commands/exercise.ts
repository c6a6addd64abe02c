import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';

import { conceal } from '../conceal.js';
import { PLAIN_RUN, type RunOptions, RunOptionsSchema } from '../engines/runoptions.js';

import { usageError } from '../errors.js';
import { envFileEntries, withValues } from '../exercise/environment.js';
import type { Exercise, Limits } from '../exercise/exercise.js';
import { type ExerciseFile, readExercise } from '../exercise/file.js';
import { environmentSecrets, exerciseSecrets } from '../exercise/secrets.js';
import type { Step } from '../exercise/steps.js';

/** Values of the options that flags.ts defines. */
export interface EnvironmentFlags {
  env: string[];
  envFile: string[];
}
export interface LimitFlags {
  startTimeout: number;
  stepTimeout: number;
  exitTimeout: number;
}
/** Beside these there are the run options, under the names that {@link RunOptionsSchema} has. */
export interface ExerciseFlags extends EnvironmentFlags, LimitFlags {
  /** Each holds all steps, whatever their kind. */
  http?: Step[];
  exec?: Step[];
  wait?: Step[];
  untilExit?: true;
  expectExit?: number;
  allowFailing?: true;
  exercise?: string;
}

/** The run options that the command line gives, without the environment. Lists that are empty are not given. */
export function runFlagsOf(flags: object): Partial<RunOptions> {
  const isGiven = (name: string, value: unknown) =>
    name in RunOptionsSchema.shape && name !== 'env' && !(Array.isArray(value) && value.length === 0);
  const named = Object.fromEntries(Object.entries(flags).filter(([name, value]) => isGiven(name, value)));
  const whole = RunOptionsSchema.parse({ ...PLAIN_RUN, ...named });
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name in named));
}

/** The exercise that the options of a command line describe. @throws UserError where a file can't be read */
export async function exerciseOf(args: string[], flags: ExerciseFlags): Promise<Exercise> {
  const file: ExerciseFile = flags.exercise === undefined ? { steps: [], reset: [] } : await readExercise(flags.exercise);
  const given = flags.http ?? flags.exec ?? flags.wait ?? [];
  conceal(exerciseSecrets({ args, steps: [...file.steps, ...given], reset: file.reset }));
  const steps: Step[] = [...file.steps, ...given, ...(flags.untilExit ? [{ kind: 'until-exit' } as const] : [])];
  const named = Object.entries(flags).filter(([name]) => name in RunOptionsSchema.shape);
  const run = RunOptionsSchema.parse({ ...PLAIN_RUN, ...Object.fromEntries(named), env: await environmentEntries(flags) });
  const expectExit = flags.expectExit ?? file.expectExit;
  return {
    args,
    run,
    limits: limitsOf(flags),
    reset: file.reset,
    ...(steps.length > 0 && { steps }),
    ...(expectExit !== undefined && { expectExit }),
    ...(flags.allowFailing && { allowFailing: true }),
    ...(run.interactive && { input: (await buffer(process.stdin)).toString('base64') }),
  };
}

export function limitsOf({ startTimeout: start, stepTimeout: step, exitTimeout: exit }: LimitFlags): Limits {
  return { start, step, exit };
}

/** `NAME=VALUE` entries of files and options. @throws UserError where a file can't be read */
export async function environmentEntries(flags: EnvironmentFlags): Promise<string[]> {
  const files = await Promise.all(flags.envFile.map(readEnvFile));
  const entries = withValues([...files.flat(), ...flags.env], process.env);
  conceal(environmentSecrets(entries));
  return entries;
}

async function readEnvFile(path: string): Promise<string[]> {
  try {
    return envFileEntries(await readFile(path, 'utf8'));
  } catch (error) {
    throw usageError(`--env-file ${path} can't be read: ${(error as Error).message}`, 'Give a file with NAME=VALUE lines.');
  }
}
