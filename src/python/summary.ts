import { z } from 'zod';
import { anyRecord } from '../records.js';

/** The scope of code under `if __name__ == "__main__":`, in place of the name of a function. */
export const MAIN = '__main__';

/** One import statement: line, level (0 for an absolute one), module, names after `import`, and its function, {@link MAIN} or ''. */
const Import = z.tuple([z.number().nullable(), z.number(), z.string(), z.array(z.string()), z.string()]);
export type Import = z.infer<typeof Import>;

/** Code whose names are computed, so that reading cannot follow it: an import, exec or eval, a search for modules. */
export const SpotKind = z.enum(['import', 'exec', 'scan']);

/** What a module names, as probes/summary.py reports it. */
export const Summary = z.object({
  imports: z.array(Import).default([]),
  /** Names that the code loads when the module is imported: globals, attributes, names imported from a module. */
  names: z.array(z.string()).default([]),
  /** Names that functions and methods load, by `function`, `Class.method`, or `Class` for its special methods. */
  functions: anyRecord(z.array(z.string())).default({}),
  /** Names that the code under `if __name__ == "__main__":` loads. */
  main: z.array(z.string()).default([]),
  /** String constants that look like a name or a dotted name. */
  strings: z.array(z.string()).default([]),
  /** Other names among the strings of an extension module that Cython compiled: `part` of `from package import part`. */
  words: z.array(z.string()).default([]),
  /** String constants that begin with a slash. */
  paths: z.array(z.string()).default([]),
  /** String constants that look like a relative path, or like one in a home: `data/table.json`, `~/.cache/`. */
  relative: z.array(z.string()).default([]),
  /**
   * Those of `strings` in code that imports by name, for instance with `importlib.import_module`, and beginnings of names that such code
   * completes: `plugins.` of `"plugins." + name`.
   */
  dynamic: z.array(z.string()).default([]),
  /** String constants in code that runs programs, in the place of a command line: line, function or '', text. */
  commands: z.array(z.tuple([z.number(), z.string(), z.string()])).default([]),
  /** The same in code that calls other functions, which may hand on a command: line, function or '', called function, text. */
  handed: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])).default([]),
  /** The same for all other functions, in the app's own code. */
  passed: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])).default([]),
  /** Command lines by the names that they get, in the app's own code: `Operator(bash_command="...")`. Line, text. */
  keyed: z.array(z.tuple([z.number(), z.string()])).default([]),
  /** Functions with parameters → names of functions that they call and that may hand on a command; '' for running one. */
  handsOn: anyRecord(z.array(z.string())).default({}),
  /** All string constants in code that calls a function with a name like those that run programs. */
  maybe: z.array(z.string()).default([]),
  /** String constants that look like a command line, wherever they are: `mkdir -p %s`. */
  lines: z.array(z.string()).default([]),
  /** String constants in code that loads shared libraries: function or '', text. */
  libraries: z.array(z.tuple([z.string(), z.string()])).default([]),
  /** Functions that are handed to another one where they are defined, as to a decorator. */
  given: z.array(z.string()).default([]),
  /** Whether a shell may be run. */
  shell: z.boolean().default(false),
  /** Whether the module has a `__getattr__` of its own (PEP 562). */
  lazy: z.boolean().default(false),
  spots: z.array(z.tuple([z.number().nullable(), SpotKind])).default([]),
  /** Whether Python prints a warning whenever it compiles the file. Looked at only where there is a .pyc. */
  warns: z.boolean().default(false),
  /** Functions and methods: the line where their code begins (that of the first decorator), and their name: `Class.method`. */
  defined: z.array(z.tuple([z.number(), z.string()])).default([]),
  /** Why it could not be read. */
  error: z.string().optional(),
});
export type Summary = z.infer<typeof Summary>;

/** Command lines in code, with their lines. */
export function linesOfCommands({ commands, keyed }: Summary): (readonly [line: number, text: string])[] {
  return [...commands.map(([line, , text]) => [line, text] as const), ...keyed];
}

/** All names that a module's code loads, in functions too. */
export function allNames({ names, functions, main }: Summary): Set<string> {
  return new Set([...names, ...main, ...Object.values(functions).flat()]);
}

/**
 * Reads files of the image: path → summary. A file that this Python cannot read has a summary with an `error`.
 * @param names top-level modules, whose names are looked for in extension modules
 * @param own whether the files are the app's own code
 */
export type Summarize = (paths: readonly string[], names: readonly string[], own?: boolean) => Promise<ReadonlyMap<string, Summary>>;
