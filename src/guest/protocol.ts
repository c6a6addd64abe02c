import { z } from 'zod';
import { PythonLayout } from '../python/layout.js';
import { Summary } from '../python/summary.js';
import { anyRecord } from '../records.js';

// Answers of probes/server.py. A request is one line of JSON, `{"op": NAME, ...}`. Its answer is a line of JSON, the
// header, and then as many bytes as the header says: JSON for the operations below. `inventory` answers rows
// (inventory.ts); `read` and `contents` answer the bytes of files.

/** The line before each answer. `size` is in bytes. */
export const Header = z.union([z.object({ ok: z.literal(true), size: z.number().int().nonnegative() }), z.object({ error: z.string() })]);
export type Header = z.infer<typeof Header>;

const natural = z.number().int().nonnegative();

/** `information`: the interpreter that runs the server. */
export const Information = z.object({
  version: z.tuple([natural, natural, natural]),
  implementation: z.string(),
  executable: z.string(),
  /** `executable` with its links resolved. */
  real: z.string(),
  /** The architecture, as uname(2) names it. */
  architecture: z.string(),
  /** Folders in which `site` reads .pth files. */
  sitePackages: z.array(z.string()),
  /** sys.prefix, sys.base_prefix and sys.exec_prefix. */
  prefixes: z.array(z.string()),
});
export type Information = z.infer<typeof Information>;

/** `layout`: where the app's interpreter looks for modules. */
export const Layout = PythonLayout.pick({ searchPath: true, standardLibrary: true, builtins: true, suffixes: true, editable: true });
export type Layout = z.infer<typeof Layout>;

/** `kit`, made by probes/kit.py. */
export const KitAnswer = z.object({
  /** Start of a command line that runs its Python. Words that start with `kit/` are paths in the volume. */
  command: z.array(z.string()),
  /** The image's own ELF loader, or null where its Python has none. */
  loader: z.string().nullable(),
  /** Why this Python can't listen to system calls, or null where it can. */
  lacking: z.string().nullable(),
});
export type KitAnswer = z.infer<typeof KitAnswer>;

/** `kit` of a Python that can't run the supervisor at all. */
export const KitRefusal = z.object({ error: z.string() });

/** `loader`: for each file, library name → path, null where the loader finds none. */
export const LoaderAnswers = anyRecord(anyRecord(z.string().nullable()));
export type LoaderAnswers = z.infer<typeof LoaderAnswers>;

/** `members`: names in a zip archive. */
export const Members = z.array(z.string());

/** `appcode`, made by probes/appcode.py: what the code of a file says about how the app is used. */
export const AppCode = z.array(
  z.object({
    /** What makes an application or a command line, and the variable or function that holds it. */
    applications: z.array(z.object({ framework: z.string(), variable: z.string() })),
    routes: z.array(z.object({ method: z.string(), path: z.string() })),
    /** Names of subcommands. */
    commands: z.array(z.string()),
    /** Environment variables that the code can't do without. */
    variables: z.array(z.string()),
    /** Whether it is a program: it has `if __name__ == "__main__"`. */
    script: z.boolean(),
  }),
);
export type AppCode = z.infer<typeof AppCode>;

/** `summaries`, made by probes/summary.py. */
export const Summaries = z.array(Summary);

/** `lines`, made by probes/lines.py: for each file the lines of the texts; nothing of a file that can't be read. */
export const Lines = z.array(z.object({ lines: z.array(z.number().int().nonnegative().nullable()).default([]) }));
