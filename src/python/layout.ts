import { z } from 'zod';
import { anyRecord } from '../records.js';

/** The interpreter of an image, and where it looks for modules. */
export const PythonLayout = z.object({
  /** `3.13.1`. It becomes a part of expressions. */
  version: z.string().regex(/^\d{1,4}\.\d{1,4}(\.\d{1,4})?$/),
  executable: z.string(),
  /** Folders in which `site` reads .pth files. */
  sitePackages: z.array(z.string()),
  /** sys.path of the app, in order. Folders and zip archives. */
  searchPath: z.array(z.string()),
  /** Folders of the standard library. The first has its Python code. */
  standardLibrary: z.array(z.string()),
  /** sys.builtin_module_names and frozen modules without a file. */
  builtins: z.array(z.string()),
  /** Suffixes of extension modules, in order (importlib.machinery.EXTENSION_SUFFIXES). */
  suffixes: z.array(z.string()),
  /** Top-level modules of editable installs: name → file or folder (PEP 660, the finders of setuptools). */
  editable: anyRecord(z.string()),
});
export type PythonLayout = z.infer<typeof PythonLayout>;
