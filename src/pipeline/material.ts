import type { ImageInfo } from '../engines/engine.js';
import type { Answers } from '../exercise/answers.js';
import type { Exercise } from '../exercise/exercise.js';
import type { Step } from '../exercise/steps.js';
import type { Helper } from '../guest/helper.js';
import type { Analyst } from '../keep/python/world.js';
import type { RootFs } from '../rootfs.js';
import type { Again } from '../smoke/again.js';
import type { Trace } from '../trace/schema.js';
import type { Watching } from '../trace/watching.js';
import { commandOf } from '../watching/app.js';
import type { Context } from './context.js';

/** One run of the trace, with what a comparison needs to do it again. */
export interface Run {
  exercise: Exercise;
  /** How the original had to be watched. */
  watching: Watching;
  /** The steps that were done. They differ from those of the exercise where it is the default one. */
  done: Step[];
  /** Seconds until the original listened; undefined where it did not. */
  took: number | undefined;
  /** What the original answered: under trace, and in a second run, if there was one. */
  answers: [Answers, ...Answers[]];
}

/** Why a run of the original proves nothing: what happened, and what to do. */
export interface Failing {
  what: string;
  remedy: string;
}

/** All that the stages after the trace start from. */
export interface Material {
  context: Context;
  /** Reads the original. */
  helper: Helper;
  /** The helper with which a run is done again, by the index of the run: see {@link runHelpers}. */
  helperOf: (index: number) => Promise<Helper>;
  original: ImageInfo;
  trace: Trace;
  /** The runs of the trace, in its order. */
  runs: Run[];
  /** The original's file system. */
  fs: RootFs;
  analyst: Analyst;
  /**
   * Runs that did not work, by their index. They are not compared, and the image gets no name, but the others go on. Missing
   * where a run that does not work ends everything.
   */
  failing?: Map<number, Failing>;
}

/** `NAME=VALUE` entries that any of the runs had beside the image's own. */
export function givenEnvironment({ runs }: Pick<Material, 'runs'>): string[] {
  return [...new Set(runs.flatMap(({ exercise }) => exercise.run.env))];
}

/** What is needed to do a run again. @param index of the run */
export async function againOf(
  { context, helperOf, original }: Pick<Material, 'context' | 'helperOf' | 'original'>,
  { exercise, watching, done, took }: Run,
  index: number,
  say: (text: string) => void,
): Promise<Again> {
  return { session: context.session, helper: await helperOf(index), original, exercise, watching, done, took, say };
}

/** The command of each run; for a test suite that of the image, since the test runner is not kept. */
export function commandsOf({ runs, original, trace }: Pick<Material, 'runs' | 'original' | 'trace'>): string[][] {
  return runs.map(({ exercise }, index) => commandOf(original.config, exercise.run, trace.runs[index]?.tests ? [] : exercise.args));
}
