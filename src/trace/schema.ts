import { z } from 'zod';
import { UserError } from '../errors.js';
import { PythonLayout } from '../python/layout.js';
import { SpotKind } from '../python/summary.js';
import { anyRecord } from '../records.js';

/** The version that this pyshrink writes, and the only one that it reads. */
export const TRACE_VERSION = 3;

/** What happened to a path. keep/observed.ts says what each kind keeps. */
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
  /** Absolute, as the process named it. Links are not resolved. */
  path: z.string(),
  /** Index into `processes`, or null where no process is known. */
  process: z.number().int().nullable(),
  /** Index into `runs`, in joined traces, where no process is known that has it. */
  run: z.number().int().exactOptional(),
  /** When it was seen for the first time: milliseconds since 1970, by the clock of the container's computer. Only the supervisor knows it. */
  at: z.number().int().exactOptional(),
});

/** One run of the app. */
const Run = z.object({
  /** What the user calls it. Missing where it has no name. */
  name: z.string().exactOptional(),
  /** Names of the environment variables of this run, without the image's own. */
  environment: z.array(z.string()),
  /** Labels of the steps: without query strings, bodies and arguments. */
  exercise: z.array(z.string()),
  /** Exit status of the app, or null where pyshrink stopped it. */
  exit: z.number().nullable(),
  /** The test runner, where the app was a test suite. */
  tests: z.string().nullable(),
  /** Milliseconds since 1970 by this computer's clock: when the run began, when the app listened, and each step of `exercise`. */
  times: z
    .strictObject({
      start: z.number().int(),
      listened: z.number().int().nullable(),
      steps: z.array(z.tuple([z.number().int(), z.number().int()])),
    })
    .exactOptional(),
});

const Spot = z.strictObject({
  file: z.string(),
  line: z.number().nullable(),
  kind: SpotKind,
  /** Set where the file is the app's own, and not a library's. */
  own: z.literal(true).exactOptional(),
});
/** A place in the code that static analysis can't follow: a computed import, exec, a search for modules at run time. */
export type Spot = z.infer<typeof Spot>;

const OwnModule = z.strictObject({
  path: z.string(),
  /** Whether it was imported or run. */
  ran: z.boolean(),
  /** Its functions and methods, and whether each ran; null where functions were not measured, or the file can't be read. */
  functions: z.array(z.strictObject({ name: z.string(), line: z.number().int().nonnegative(), ran: z.boolean() })).nullable(),
});
/** A Python file of the app's own code, and what of it ran. */
export type OwnModule = z.infer<typeof OwnModule>;

const Repair = z.strictObject({
  path: z.string(),
  /**
   * How it was found: a failed look-up, one that no traced run made, a missing module or library, or a listing with fewer
   * entries.
   */
  kind: z.enum(['lookup', 'further', 'module', 'library', 'listing']),
  /** The module, the library, or the listed directory. */
  subject: z.string().exactOptional(),
});
/** A path that a comparison of a shrunk image with the original has shown to be missing. */
export type Repair = z.infer<typeof Repair>;

/** All observations of one or more runs of one image. Holds names of environment variables, never values. */
export const TraceSchema = z.object({
  version: z.literal(TRACE_VERSION),
  image: z.object({
    id: z.string(),
    reference: z.string(),
    digests: z.array(z.string()),
    platform: z.string(),
    /** Bytes. */
    size: z.number(),
    /** Set where the file system serves other apps too, so that most of it was not installed for this app. */
    shared: z.literal(true).exactOptional(),
  }),
  engine: z.string(),
  python: PythonLayout,
  /** Which tracers ran. */
  tracers: z.array(z.enum(['supervisor', 'imports', 'maps', 'ldd'])),
  runs: z.array(Run).min(1),
  /** Names of the runs that were wanted too, and of which there is no trace. */
  untraced: z.array(z.string()).exactOptional(),
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
  modules: anyRecord(z.string().nullable()),
  /** Places in the code that static analysis can't follow. Not those of the standard library, and not harmless ones. */
  unsound: z.array(Spot),
  /** The app's own code, by path. Older traces have none. */
  own: z.array(OwnModule).exactOptional(),
  /** Paths that were missing when a shrunk image was compared with the original. */
  repairs: z.array(Repair),
  /** Set where a shrunk image behaved differently without debug information. */
  debugNeeded: z.literal(true).exactOptional(),
  warnings: z.array(z.string()),
});
export type Trace = z.infer<typeof TraceSchema>;
export type Observation = z.infer<typeof Observation>;

/** Index of the run that an observation is of; undefined where the trace does not know. */
export function runOf({ process, run }: Observation, { processes, runs }: Pick<Trace, 'processes' | 'runs'>): number | undefined {
  return (process === null ? run : processes[process]?.run) ?? (runs.length === 1 ? 0 : undefined);
}

/**
 * Parses the text of a trace file.
 * @param path of the file, for messages
 * @throws UserError for a trace that is truncated or of another version, and for other files
 */
export function parseTrace(text: string, path: string): Trace {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new UserError(`The trace ${path} is truncated or not JSON.`, 'Make a new one with `pyshrink trace IMAGE`.');
  }
  const version = (document as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== TRACE_VERSION) {
    throw new UserError(
      `The trace ${path} has version ${version}; this pyshrink reads version ${TRACE_VERSION}.`,
      'Make a new one with `pyshrink trace IMAGE`.',
    );
  }
  const result = TraceSchema.safeParse(document);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new UserError(
      `${path} is not a trace. At ${issue?.path.join('.') || 'its top'}: ${issue?.message}.`,
      'Name a file that `pyshrink trace` wrote.',
    );
  }
  return result.data;
}
