import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/**
 * A name beside a path, for a file or directory that is renamed to it when it is complete. No other run uses it, also none in
 * another PID namespace, where process ids are the same ones.
 */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.new`);
}
