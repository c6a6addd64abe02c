import { z } from 'zod';
import { UserError } from '../errors.js';
import { PythonLayout } from '../python/layout.js';
import { SpotKind } from '../python/summary.js';

/** The version that this pyshrink writes, and the only one that it reads. */
export const TRACE_VERSION = 3;

/** What one observation says of a path; see keep/observed.ts for what each keeps. */
export const ObservationKind = z.enum([
  'open',
  'write',
  'list',
  'lookup',
  'exec',
  'chdir',
  'create',
  'remove',
  'change',
  'connect',
  'map',
  'ldd',
]);
export type ObservationKind = z.infer<typeof ObservationKind>;

const Observation = z.object({
  kind: ObservationKind,
  /** Absolute, as the process named it; links are not resolved. */
  path: z.string(),
  /** Index into `processes`, or null where no process is known. */
  process: z.number().int().nullable(),
});

/** One start of the app, and what was done to it. */
const Run = z.object({
  /** Names of the environment variables that the run was given beside the image's own. */
  environment: z.array(z.string()),
  /** The exercise in words, without query strings, bodies and arguments. */
  exercise: z.array(z.string()),
  /** Exit status of the app, or null where pyshrink stopped it. */
  exit: z.number().nullable(),
  /** The test runner, where the exercise was a test suite. */
  tests: z.string().nullable(),
});

const Spot = z.object({ file: z.string(), line: z.number().nullable(), kind: SpotKind });
/** A place that no reading can follow: a computed import, exec, modules looked for at run time. */
export type Spot = z.infer<typeof Spot>;

const Repair = z.strictObject({
  path: z.string(),
  /** How it was found: a failed look-up, a missing module or library, or a listing with fewer entries. */
  kind: z.enum(['lookup', 'module', 'library', 'listing']),
  /** The module, the library, or the listed directory. */
  subject: z.string().exactOptional(),
});
/** A path that a comparison of a shrunk image with the original has shown to be missing. */
export type Repair = z.infer<typeof Repair>;

/** All observations of one or more runs of one image. Names of environment variables are in it, never values. */
export const TraceSchema = z.object({
  version: z.literal(TRACE_VERSION),
  image: z.object({
    id: z.string(),
    reference: z.string(),
    digests: z.array(z.string()),
    platform: z.string(),
    /** Bytes. */
    size: z.number(),
    /** Set where the root file system serves other apps too: nobody installed what is there for this app. */
    shared: z.literal(true).exactOptional(),
  }),
  engine: z.string(),
  python: PythonLayout,
  /** Which tracers ran. */
  tracers: z.array(z.enum(['supervisor', 'imports', 'maps', 'ldd'])),
  runs: z.array(Run).min(1),
  processes: z.array(
    z.object({
      pid: z.number(),
      parent: z.number(),
      executable: z.string().nullable(),
      /** Index into `runs`. */
      run: z.number().int(),
    }),
  ),
  observations: z.array(Observation),
  /** Imported module → its file, null where it has none. */
  modules: z.record(z.string(), z.string().nullable()),
  /** Places in the code that ran, the standard library's apart, that no reading of it can follow. */
  unsound: z.array(Spot),
  repairs: z.array(Repair),
  warnings: z.array(z.string()),
});
export type Trace = z.infer<typeof TraceSchema>;
export type Observation = z.infer<typeof Observation>;

/**
 * Joins traces of one image into one.
 * @throws UserError where they are of different images
 */
export function joinTraces(traces: readonly [Trace, ...Trace[]]): Trace {
  return traces.reduce(joinTwo);
}

function joinTwo(one: Trace, two: Trace): Trace {
  if (two.image.id !== one.image.id)
    throw new UserError(
      `The traces are of different images: ${one.image.reference} (${one.image.id.slice(7, 19)}) and ${two.image.reference} (${two.image.id.slice(7, 19)}).`,
      'Join only traces of the same image; trace the newer one again.',
    );
  const [runs, processes] = [one.runs.length, one.processes.length];
  const unique = <T>(values: readonly T[]) => [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
  return {
    ...one,
    python: { ...one.python, searchPath: unique([...one.python.searchPath, ...two.python.searchPath]) },
    tracers: unique([...one.tracers, ...two.tracers]),
    runs: [...one.runs, ...two.runs],
    processes: [...one.processes, ...two.processes.map((process) => ({ ...process, run: process.run + runs }))],
    observations: [
      ...one.observations,
      ...two.observations.map((seen) => ({ ...seen, process: seen.process === null ? null : seen.process + processes })),
    ],
    modules: { ...one.modules, ...Object.fromEntries(Object.entries(two.modules).filter(([name, file]) => file ?? !one.modules[name])) },
    unsound: unique([...one.unsound, ...two.unsound]),
    repairs: unique([...one.repairs, ...two.repairs]),
    warnings: unique([...one.warnings, ...two.warnings]),
  };
}

/**
 * Reads a trace file's text.
 * @throws UserError for one that is truncated, of another version, or no trace
 */
export function parseTrace(text: string, path: string): Trace {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new UserError(`The trace ${path} is truncated or not JSON.`, 'Make it anew with `pyshrink trace IMAGE`.');
  }
  const version = (document as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== TRACE_VERSION) {
    throw new UserError(
      `The trace ${path} is of version ${version}; this pyshrink reads version ${TRACE_VERSION}.`,
      'Make it anew with `pyshrink trace IMAGE`.',
    );
  }
  const result = TraceSchema.safeParse(document);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new UserError(
      `${path} is not a trace: ${issue?.path.join('.') || 'document'}: ${issue?.message}`,
      'Name a file that `pyshrink trace` wrote.',
    );
  }
  return result.data;
}
