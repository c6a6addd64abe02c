/** Files of the package beside the program. This file finds them from src/ and from dist/. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Version of pyshrink, from package.json. */
export const VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;

/** Folder of the Python programs that run inside containers. */
export const PROBES = fileURLToPath(new URL('../probes/', import.meta.url));
