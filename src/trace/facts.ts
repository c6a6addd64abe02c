import { z } from 'zod';
import { UserError } from '../errors.js';
import { ObservationKind } from './schema.js';

// Readers of the files that the probes write while the app runs. They are in this folder because a trace is built from
// these files.

/** Name of the file that starts probes/imports.py in the app's interpreter; see watching/importprobe.ts. */
export const IMPORT_PROBE_FILE = '_pyshrink_imports.pth';

/** Characters of a wrong line that a message shows. */
const SHOWN = 80;

const Needs = z.enum(['SYS_PTRACE', 'listener']);
/** What a supervisor may lack. */
export type Needs = z.infer<typeof Needs>;

/** Largest process id of Linux (PID_MAX_LIMIT, proc(5)). */
const LARGEST_PID = 1 << 22;
/** Longest path: a directory and a name in it, each of PATH_MAX bytes. A character has at least one byte. */
const LONGEST_PATH = 2 * 4096;

const Pid = z.number().int().min(0).max(LARGEST_PID);
const Path = z
  .string()
  .startsWith('/')
  .max(LONGEST_PATH)
  .regex(/^[^\0]*$/);

/** One line of a facts file: a JSON array, with what the kernel can have told the supervisor. Written by probes/supervisor.py and probes/journal.py. */
const Line = z.union([
  /** Kind, pid, path. */
  z.tuple([z.literal('fact'), ObservationKind, Pid, Path]),
  /** When the facts that follow were seen: milliseconds since 1970. */
  z.tuple([z.literal('time'), z.number().int().min(0)]),
  /** Pid, parent's pid, executable. */
  z.tuple([z.literal('process'), Pid, Pid, z.string().max(LONGEST_PATH).nullable()]),
  z.tuple([z.literal('warning'), z.string()]),
  z.tuple([z.literal('error'), z.string()]),
  z.tuple([z.literal('needs'), Needs]),
  /** Number of a system call, and its errno. */
  z.tuple([z.literal('refused'), z.number().int(), z.number().int()]),
  /** Exit status of the app. */
  z.tuple([z.literal('exit'), z.number().int().min(0).max(255)]),
]);

/** What one supervisor wrote. */
export interface Facts {
  /** `process` is an index into `processes`, or null. `at`: milliseconds since 1970, where that is known. */
  observations: { kind: ObservationKind; path: string; process: number | null; at?: number }[];
  /** Programs that ran. After an exec there is another one with the same pid. */
  processes: { pid: number; parent: number; executable: string | null }[];
  warnings: string[];
  /** System calls that the container allows only with CAP_SYS_PTRACE, and the errno without it. They come with `needs`. */
  refused: [number: number, errno: number][];
  /** Why the supervisor could not work at all. */
  error?: string;
  /** What the supervisor lacked, as it says itself: see {@link Observed.lacks}. */
  needs?: Needs;
  /** The app's exit status. Missing where the supervisor was killed before the app ended. */
  exit?: number;
}

/**
 * Reads a facts file of probes/supervisor.py. Skips a last line that was not written to its end.
 * @throws UserError for a line that no supervisor writes
 */
export function parseFacts(text: string): Facts {
  const facts: Facts = { observations: [], processes: [], warnings: [], refused: [] };
  const current = new Map<number, number>();
  let time: { at?: number } = {};
  for (const line of text.split('\n')) {
    const row = line.endsWith(']') ? rowOf(line) : undefined;
    if (!row) continue;
    if (row[0] === 'fact') facts.observations.push({ kind: row[1], path: row[3], process: current.get(row[2]) ?? null, ...time });
    else if (row[0] === 'time') time = { at: row[1] };
    else if (row[0] === 'process') current.set(row[1], facts.processes.push({ pid: row[1], parent: row[2], executable: row[3] }) - 1);
    else if (row[0] === 'warning') facts.warnings.push(row[1]);
    else if (row[0] === 'error') facts.error = row[1];
    else if (row[0] === 'needs') facts.needs = row[1];
    else if (row[0] === 'refused') facts.refused.push([row[1], row[2]]);
    else facts.exit = row[1]; // a container that is started again writes on: the last one counts
  }
  return facts;
}

function rowOf(line: string): z.infer<typeof Line> {
  try {
    return Line.parse(JSON.parse(line));
  } catch {
    throw wrongFacts(`a line is ${JSON.stringify(line.slice(0, SHOWN))}`);
  }
}

function wrongFacts(why: string): UserError {
  return new UserError(
    `The observations of a run can't be right: ${why}.`,
    'If you trust the image, run the command again with --debug, and report it.',
  );
}

/** What the import probe of one process wrote. */
export interface Imports {
  /** Module name → file, or null where it is not known. */
  modules: Map<string, string | null>;
  /** sys.path, in order. */
  searchPath: string[];
  /** Functions that ran, as `FILE TAB LINE`: where their code begins. Those of the standard library aside. */
  ran: Set<string>;
  /** Whether functions were measured. They need Python 3.12. */
  measured: boolean;
}

/** What a process without an import probe has imported, as far as is known so far: nothing. */
export function noImports(): Imports {
  return { modules: new Map(), searchPath: [], ran: new Set(), measured: false };
}

/**
 * Reads an imports file of probes/imports.py: lines `name`, `name TAB file`, `TAB folder`, `TAB TAB` where functions are
 * measured, and `TAB TAB file TAB line` for each of them that ran.
 */
export function parseImports(text: string): Imports {
  const imports = noImports();
  for (const line of text.split('\n')) {
    const [name, file, code, number] = line.split('\t');
    if (code !== undefined && !name && !file) {
      imports.measured = true;
      if (code.startsWith('/') && /^\d+$/.test(number ?? '')) imports.ran.add(`${code}\t${number}`);
    } else if (name) imports.modules.set(name, file ?? imports.modules.get(name) ?? null);
    else if (file) imports.searchPath.push(file);
  }
  return imports;
}

/** Adds what one process imported to what others did. */
export function addImports(all: Imports, one: Imports): void {
  for (const [module, file] of one.modules) all.modules.set(module, file ?? all.modules.get(module) ?? null);
  all.searchPath.push(...one.searchPath.filter((folder) => !all.searchPath.includes(folder)));
  for (const place of one.ran) all.ran.add(place);
  all.measured ||= one.measured;
}

/** Everything that the probes wrote in one run of the app. */
export interface Observed {
  /** One for each supervisor: that of the app, and those of commands run beside it. */
  facts: Facts[];
  imports: Imports;
  /** What the app's supervisor lacked: the right to read the app's memory, or a seccomp listener. Then it has ended the app. */
  lacks?: { what: Needs; refused: Facts['refused'] };
  /** Pids of the processes that had the import probe. */
  probed: Set<number>;
}
