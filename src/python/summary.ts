import { z } from 'zod';

/** One import statement: line, level of a relative one (else 0), module, names behind `import`, function it is in, `__main__`, or ''. */
const Import = z.tuple([z.number().nullable(), z.number(), z.string(), z.array(z.string()), z.string()]);
export type Import = z.infer<typeof Import>;

/** What no reading of the code can follow: a computed import, exec or eval, modules looked for at run time. */
export const SpotKind = z.enum(['import', 'exec', 'scan']);

/** What a module names, as probes/summary.py reports it. */
export const Summary = z.object({
  imports: z.array(Import).default([]),
  /** Names that the code loads when the module is imported: globals, attributes, names imported from a module. */
  names: z.array(z.string()).default([]),
  /** The same in functions and methods: `function`, `Class.method`, or `Class` for its special methods. */
  functions: z.record(z.string(), z.array(z.string())).default({}),
  /** The same under `if __name__ == "__main__":`. */
  main: z.array(z.string()).default([]),
  /** String constants that look like a name or a dotted name. */
  strings: z.array(z.string()).default([]),
  /** String constants that begin with a slash. */
  paths: z.array(z.string()).default([]),
  /** Those of `strings` in code that imports by name (`importlib.import_module` and its like). */
  dynamic: z.array(z.string()).default([]),
  /** String constants in code that runs programs, where a command line is. */
  commands: z.array(z.string()).default([]),
  /** All string constants in code that calls something named as what runs programs is. */
  maybe: z.array(z.string()).default([]),
  /** String constants in code that loads shared libraries. */
  libraries: z.array(z.string()).default([]),
  /** Whether a shell may be run. */
  shell: z.boolean().default(false),
  /** Whether the module has a `__getattr__` of its own (PEP 562). */
  lazy: z.boolean().default(false),
  spots: z.array(z.tuple([z.number().nullable(), SpotKind])).default([]),
  /** Why it could not be read. */
  error: z.string().optional(),
});
export type Summary = z.infer<typeof Summary>;

/** All names that a module's code loads, wherever. */
export function allNames({ names, functions, main }: Summary): Set<string> {
  return new Set([...names, ...main, ...Object.values(functions).flat()]);
}

/**
 * Summaries of files by path; a file that is no module of this Python has one with an `error`.
 * @param names top-level modules that extension modules may name
 */
export type Summarize = (paths: readonly string[], names: readonly string[]) => Promise<ReadonlyMap<string, Summary>>;
