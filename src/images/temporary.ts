import { basename, dirname, join } from 'node:path';

let count = 0;

/** A name beside a path, for a file or directory that is renamed to it when it is complete. No other run uses it. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${count++}.new`);
}
