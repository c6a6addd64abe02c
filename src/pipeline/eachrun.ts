import type { Exercise } from '../exercise/exercise.js';
import { clash } from '../sharing.js';
import type { Context } from './context.js';
import { sharedBy } from './shared.js';
import { sideBySide } from './sidebyside.js';

/** Bytes that a run needs beside others, where no limit says how much it gets. */
const NEED = 1 << 30;

/** How many runs may go on at once, and what there is for them. */
interface Room {
  jobs: number;
  /** Bytes of memory. */
  memory: number;
}

/** The room for runs: what the user says, or else as many as there are cores. */
async function roomFor({ engine, jobs }: Context, runs: number): Promise<Room> {
  if (jobs === 1 || runs <= 1) return { jobs: 1, memory: 0 };
  // Who says how many wants that many.
  if (jobs !== undefined) return { jobs, memory: Number.POSITIVE_INFINITY };
  const { cores, memory } = await engine.room();
  return { jobs: cores, memory };
}

/**
 * Does some work for each run: side by side where runs have nothing in common and there is room, else in their order.
 * @returns the results in the order of the runs
 * @throws the first error; then no further work begins
 */
export async function forEachRun<T extends { exercise: Exercise }, R>(
  { context, runs }: { context: Context; runs: readonly T[] },
  work: (run: T, index: number) => Promise<R>,
): Promise<R[]> {
  const { session } = context;
  const { jobs, memory } = await roomFor(context, runs.length);
  const items = runs.map((run) => ({
    run,
    shared: sharedBy(run.exercise, session.features, run.exercise.compose && session.projects?.get(run.exercise.compose.file)),
    need: run.exercise.run.memory ?? NEED,
  }));
  const fits = (one: { need: number }, running: readonly { need: number }[]) =>
    [one, ...running].reduce((sum, { need }) => sum + need, 0) <= memory;
  return sideBySide(items, { jobs, fits, clash: (one, other) => clash(one.shared, other.shared) }, ({ run }, index) => work(run, index));
}
