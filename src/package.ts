/** Files of the package beside the program. This file finds them from src/ and from dist/. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Version of pyshrink, from package.json. */
export const VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;

/** Folder of the Python programs that run inside containers. */
export const PROBES = fileURLToPath(new URL('../probes/', import.meta.url));

/** The page of a report without its data. build.mjs makes it from src/report/page/. */
export const PAGE = fileURLToPath(new URL('../dist/page.html', import.meta.url));
