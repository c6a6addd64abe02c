import { outcomeOf } from '../exercise/answers.js';
import type { Trace } from '../trace/schema.js';
import { amountOf, byThing, type Contents, type Item } from './contents.js';
import type { Inside } from './inside.js';
import type { StepReport } from './model.js';

/** Things that a step names. */
const NAMED = 5;
/** Milliseconds by which the clock of the container's computer may be off. With another clock, nothing can be told. */
const TOLERANCE = 2000;

/** The steps of the exercise in their order, and which of them used a path first. */
export interface Timeline {
  steps: StepReport[];
  /** Path without links → index of the step. */
  firstUse: ReadonlyMap<string, number>;
}

/** A stretch of a run. */
interface Phase {
  run: number;
  label: string;
  outcome: string;
  /** Milliseconds since 1970. */
  from: number | null;
  to: number | null;
}

/** What each step of the exercise brought in. Without times, as in traces of the weaker tracers, only the steps. */
export function timelineOf({ trace, record }: Pick<Inside, 'trace' | 'record'>, contents: Contents | undefined): Timeline {
  const phases = record.runs.flatMap(({ answers: [first] }, run) => phasesOf(trace, run, first.steps));
  const firstUse = contents ? usesOf(trace, phases, contents) : new Map<string, number>();
  const items = phases.map((): Item[] => []);
  for (const item of contents?.items ?? []) items[firstUse.get(item.path) ?? -1]?.push(item);
  const steps = phases.map((phase, index): StepReport => {
    const start = trace.runs[phase.run]?.times?.start ?? 0;
    const isKnown = contents !== undefined && phase.from !== null && hasOneClock(trace, phase.run);
    const seconds = (time: number | null) => (time === null ? null : Math.max(0, time - start) / 1000);
    const found = items[index] ?? [];
    return {
      run: phase.run,
      label: phase.label,
      outcome: phase.outcome,
      from: seconds(phase.from),
      to: seconds(phase.to),
      brought: isKnown ? amountOf(found) : null,
      largest:
        !isKnown || !contents
          ? []
          : byThing(contents, found)
              .map(({ thing, items }) => ({ ...thing, brought: amountOf(items) }))
              .sort((a, b) => b.brought.bytes - a.brought.bytes || (a.name < b.name ? -1 : 1))
              .slice(0, NAMED),
    };
  });
  return { steps, firstUse };
}

/** The start, each step, and the end of a run. */
function phasesOf(trace: Trace, run: number, steps: Inside['record']['runs'][number]['answers'][0]['steps']): Phase[] {
  const { times, exercise } = trace.runs[run] ?? {};
  const plain = steps.map(({ label, answer }, index) => ({ run, label: exercise?.[index] ?? label, outcome: outcomeOf(answer) }));
  if (!times || times.steps.length !== steps.length) return plain.map((phase) => ({ ...phase, from: null, to: null }));
  // A first request waits until the app listens. What happens until then belongs to the start.
  const began = Math.max(times.steps[0]?.[0] ?? times.start, times.listened ?? 0);
  const done = plain.map((phase, index): Phase => {
    const [from, to] = times.steps[index] as [number, number];
    return { ...phase, from: index === 0 ? Math.min(began, to) : from, to };
  });
  const last = times.steps.at(-1)?.[1] ?? times.start;
  return [
    { run, label: 'start', outcome: '', from: times.start, to: done[0]?.from ?? last },
    ...done,
    { run, label: 'end', outcome: '', from: last, to: null },
  ];
}

/** Path → the step that used it first. */
function usesOf(trace: Trace, phases: readonly Phase[], { tree }: Contents): Map<string, number> {
  const first = new Map<string, { at: number; run: number }>();
  const clocks = trace.runs.map((_, run) => hasOneClock(trace, run));
  for (const { path, at, process } of trace.observations) {
    const run = process === null ? 0 : (trace.processes[process]?.run ?? 0);
    if (at === undefined || !clocks[run]) continue;
    const real = tree.resolve(path)?.path ?? path;
    const known = first.get(real);
    if (!known || at < known.at) first.set(real, { at, run });
  }
  const uses = new Map<string, number>();
  for (const [path, { at, run }] of first) {
    const ofRun = phases.flatMap((phase, index) => (phase.run === run && phase.from !== null ? [{ index, from: phase.from }] : []));
    const step = ofRun.filter(({ from }) => from <= at).at(-1) ?? ofRun[0];
    if (step) uses.set(path, step.index);
  }
  return uses;
}

/** Whether the container's clock agrees with this computer's: a daemon may be elsewhere. */
function hasOneClock({ observations, processes, runs }: Trace, run: number): boolean {
  const { times } = runs[run] ?? {};
  const end = times?.steps.at(-1)?.[1];
  if (!times || end === undefined) return false;
  const seen = observations.find(({ at, process }) => at !== undefined && process !== null && processes[process]?.run === run)?.at;
  // The app starts before its exercise does, and not long before.
  return seen !== undefined && seen <= end + TOLERANCE && seen >= times.start - START - TOLERANCE;
}

/** Milliseconds that the start of a container may take. */
const START = 60_000;
