import { z } from 'zod';
import { UserError } from './errors.js';

/** The version that this pyshrink writes, and the only one that it reads. */
export const TRACE_VERSION = 1;

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
  }),
  engine: z.string(),
  python: z.object({ version: z.string(), executable: z.string(), sitePackages: z.array(z.string()) }),
  /** Which tracers ran. */
  tracers: z.array(z.enum(['supervisor', 'imports', 'maps', 'ldd'])),
  /** Names of the environment variables that the run was given beside the image's own. */
  environment: z.array(z.string()),
  /** The exercise in words, without query strings, bodies and arguments. */
  exercise: z.array(z.string()),
  /** Exit status of the app, or null where pyshrink stopped it. */
  exit: z.number().nullable(),
  processes: z.array(z.object({ pid: z.number(), parent: z.number(), executable: z.string().nullable() })),
  observations: z.array(Observation),
  /** Imported module → its file, null where it has none. */
  modules: z.record(z.string(), z.string().nullable()),
  warnings: z.array(z.string()),
});
export type Trace = z.infer<typeof TraceSchema>;
export type Observation = z.infer<typeof Observation>;

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
