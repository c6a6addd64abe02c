import { UserError } from '../errors.js';
import { own } from '../records.js';
import { type Observation, type OwnModule, runOf, type Trace } from './schema.js';

/** Traces of one image as one, and what became of their runs. */
export interface Joined {
  trace: Trace;
  /** The runs of {@link trace} in its order: which of the traces each comes from, and its index there. */
  runs: { trace: number; run: number }[];
}

/**
 * Joins traces of one image. A run that is in several of them is in the result once, and the order of the traces changes only
 * the order in which runs, processes, observations and warnings are listed.
 * @throws UserError for traces of different images
 */
export function joinTraces(traces: readonly [Trace, ...Trace[]]): Trace {
  return joinWithRuns(traces).trace;
}

/** As {@link joinTraces}, for what is kept beside the runs. */
export function joinWithRuns([first, ...rest]: readonly [Trace, ...Trace[]]): Joined {
  let joined: Joined = { trace: first, runs: first.runs.map((_, run) => ({ trace: 0, run })) };
  rest.forEach((two, index) => {
    const { trace, added } = joinTwo(joined.trace, two);
    joined = { trace, runs: [...joined.runs, ...added.map((run) => ({ trace: index + 1, run }))] };
  });
  return joined;
}

/** One run of a trace by itself: indexes begin at 0 in each. */
interface Part {
  run: Trace['runs'][number];
  processes: Omit<Trace['processes'][number], 'run'>[];
  observations: Observation[];
}

/** A trace as its runs, and the observations of which it does not know the run. */
function partsOf(trace: Trace): { parts: Part[]; others: Observation[] } {
  const parts = trace.runs.map((run): Part => ({ run, processes: [], observations: [] }));
  const at = trace.processes.map(({ run, ...process }) => (parts[run]?.processes.push(process) ?? 1) - 1);
  const others: Observation[] = [];
  for (const seen of trace.observations) {
    const { run: _run, ...rest } = seen;
    const part = parts[runOf(seen, trace) ?? -1];
    if (part) part.observations.push({ ...rest, process: seen.process === null ? null : (at[seen.process] as number) });
    else others.push(seen);
  }
  return { parts, others };
}

/** The opposite of {@link partsOf}. Each observation says which run it is of. */
function assembled(parts: readonly Part[], others: readonly Observation[]): Pick<Trace, 'runs' | 'processes' | 'observations'> {
  const whole: Pick<Trace, 'runs' | 'processes' | 'observations'> = { runs: [], processes: [], observations: [] };
  parts.forEach(({ run, processes, observations }, index) => {
    const before = whole.processes.length;
    whole.runs.push(run);
    for (const process of processes) whole.processes.push({ ...process, run: index });
    for (const seen of observations)
      whole.observations.push(seen.process === null ? { ...seen, run: index } : { ...seen, process: seen.process + before });
  });
  return { ...whole, observations: [...whole.observations, ...others] };
}

/** @returns `added`: indexes of those runs of the second trace that the first one lacks */
function joinTwo(one: Trace, two: Trace): { trace: Trace; added: number[] } {
  if (two.image.id !== one.image.id)
    throw new UserError(
      `The traces are of different images: ${one.image.reference} (${one.image.id.slice(7, 19)}) and ${two.image.reference} (${two.image.id.slice(7, 19)}).`,
      'Join only traces of the same image. Trace the newer image again.',
    );
  const [mine, yours] = [partsOf(one), partsOf(two)];
  const added = lackingIn(mine.parts, yours.parts);
  const parts = [...mine.parts, ...added.map((run) => yours.parts[run] as Part)];
  const others = unique([...mine.others, ...yours.others]);
  const isNew = added.length > 0 || others.length > mine.others.length;
  const [leader, other] = inOrder(one, two);
  return {
    added,
    trace: {
      ...leader,
      python: { ...leader.python, searchPath: unique([...leader.python.searchPath, ...other.python.searchPath]) },
      tracers: unique([...one.tracers, ...two.tracers]),
      ...(isNew ? assembled(parts, others) : pick(one)),
      ...((one.untraced || two.untraced) && { untraced: unique([...(one.untraced ?? []), ...(two.untraced ?? [])]) }),
      modules: joinModules(one.modules, two.modules),
      unsound: unique([...one.unsound, ...two.unsound]),
      ...((one.own || two.own) && { own: joinOwn(one.own ?? [], two.own ?? []) }),
      repairs: unique([...one.repairs, ...two.repairs]),
      ...((one.debugNeeded ?? two.debugNeeded) && { debugNeeded: true }),
      warnings: unique([...one.warnings, ...two.warnings]),
    },
  };
}

function pick({ runs, processes, observations }: Trace): Pick<Trace, 'runs' | 'processes' | 'observations'> {
  return { runs, processes, observations };
}

/** Indexes of the parts that another trace lacks. What one trace has twice was run twice. */
function lackingIn(parts: readonly Part[], others: readonly Part[]): number[] {
  const left = parts.map((part) => JSON.stringify(part));
  return others.flatMap((part, index) => {
    const found = left.indexOf(JSON.stringify(part));
    if (found < 0) return [index];
    left.splice(found, 1);
    return [];
  });
}

/**
 * Two traces, the earlier one first: a joined trace has its name of the image and its interpreter. Where neither says when it
 * began, a comparison of these decides.
 */
function inOrder(one: Trace, two: Trace): [Trace, Trace] {
  const began = ({ runs }: Trace) => Math.min(...runs.map(({ times }) => times?.start ?? Number.POSITIVE_INFINITY));
  const head = ({ image, engine, python }: Trace) => JSON.stringify([image, engine, python]);
  const isLater = began(one) === began(two) ? head(one) > head(two) : began(one) > began(two);
  return isLater ? [two, one] : [one, two];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** A module without a file in one trace has that of the other. Of two files, it has the one that comes first by name. */
function joinModules(one: Trace['modules'], two: Trace['modules']): Trace['modules'] {
  const joined = Object.entries(two).map(([name, file]): [string, string | null] => {
    const known = own(one, name) ?? null;
    return [name, known === null || (file !== null && file < known) ? file : known];
  });
  return { ...one, ...Object.fromEntries(joined) };
}

/** What ran in one of two traces ran in both together. */
function joinOwn(one: readonly OwnModule[], two: readonly OwnModule[]): OwnModule[] {
  const joined = new Map(one.map((module) => [module.path, module]));
  for (const module of two) {
    const known = joined.get(module.path);
    joined.set(module.path, {
      path: module.path,
      ran: module.ran || known?.ran === true,
      functions: joinFunctions(known?.functions ?? null, module.functions),
    });
  }
  return [...joined.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function joinFunctions(one: OwnModule['functions'], two: OwnModule['functions']): OwnModule['functions'] {
  if (!one || !two) return one ?? two;
  const keyOf = ({ line, name }: { line: number; name: string }) => JSON.stringify([line, name]);
  const joined = new Map(one.map((found) => [keyOf(found), found]));
  for (const found of two) joined.set(keyOf(found), { ...found, ran: found.ran || joined.get(keyOf(found))?.ran === true });
  return [...joined.values()].sort((a, b) => a.line - b.line);
}
