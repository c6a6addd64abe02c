import { z } from 'zod';
import { ObservationKind } from '../trace/schema.js';

const Needs = z.enum(['SYS_PTRACE', 'listener']);
type Needs = z.infer<typeof Needs>;

const Line = z.union([
  z.tuple([z.literal('fact'), ObservationKind, z.number(), z.string()]),
  z.tuple([z.literal('process'), z.number(), z.number(), z.string().nullable()]),
  z.tuple([z.literal('warning'), z.string()]),
  z.tuple([z.literal('error'), z.string()]),
  z.tuple([z.literal('needs'), Needs]),
  z.tuple([z.literal('exit'), z.number()]),
]);

/** What one supervisor wrote down. */
export interface Facts {
  /** `process` is an index into `processes`, or null. */
  observations: { kind: ObservationKind; path: string; process: number | null }[];
  /** A program in a process: after an exec there is another one with the same pid. */
  processes: { pid: number; parent: number; executable: string | null }[];
  warnings: string[];
  /** Why the supervisor could not work at all. */
  error?: string;
  /** What it lacked: a capability to read the program's processes, or a listener of system calls. It ended everything. */
  needs?: Needs;
  /** The program's exit status; missing where the supervisor did not live to see it. */
  exit?: number;
}

/** Reads a file of probes/supervisor.py. A last line that was cut is passed over. */
export function parseFacts(text: string): Facts {
  const facts: Facts = { observations: [], processes: [], warnings: [] };
  const current = new Map<number, number>();
  for (const line of text.split('\n')) {
    const row = line.endsWith(']') ? Line.parse(JSON.parse(line)) : undefined;
    if (!row) continue;
    if (row[0] === 'fact') facts.observations.push({ kind: row[1], path: row[3], process: current.get(row[2]) ?? null });
    else if (row[0] === 'process') current.set(row[1], facts.processes.push({ pid: row[1], parent: row[2], executable: row[3] }) - 1);
    else if (row[0] === 'warning') facts.warnings.push(row[1]);
    else if (row[0] === 'error') facts.error = row[1];
    else if (row[0] === 'needs') facts.needs = row[1];
    else facts.exit = row[1];
  }
  return facts;
}

/** What the import probe of one process told. */
export interface Imports {
  /** Module name → file, or null where it was not told. */
  modules: Map<string, string | null>;
  /** sys.path, in order. */
  searchPath: string[];
}

/** Reads a file of probes/imports.py. */
export function parseImports(text: string): Imports {
  const imports: Imports = { modules: new Map(), searchPath: [] };
  for (const line of text.split('\n')) {
    const [name, file] = line.split('\t');
    if (name) imports.modules.set(name, file ?? imports.modules.get(name) ?? null);
    else if (file) imports.searchPath.push(file);
  }
  return imports;
}
