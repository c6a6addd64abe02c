import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { conceal } from '../conceal.js';
import { PLAIN_RUN, RunOptionsSchema } from '../engines/runoptions.js';
import { usageError } from '../errors.js';
import type { Exercise, Limits } from '../exercise/exercise.js';
import { type ExerciseFile, readExercise } from '../exercise/file.js';
import { environmentSecrets, exerciseSecrets } from '../exercise/secrets.js';
import type { Step } from '../exercise/steps.js';
import { own } from '../records.js';

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
  const entries = [...files.flat(), ...flags.env].flatMap((entry) => {
    if (entry.includes('=')) return [entry];
    const value = own(process.env, entry);
    return value === undefined ? [] : [`${entry}=${value}`]; // as docker does: what is unset here is unset there
  });
  conceal(environmentSecrets(entries));
  return entries;
}

async function readEnvFile(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8'))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    throw usageError(`--env-file ${path} can't be read: ${(error as Error).message}`, 'Give a file with NAME=VALUE lines.');
  }
}
