import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const scratchFolder = () => mkdtempSync(join(tmpdir(), 'pyshrink-fuzz-'));
let scratch: string | undefined;

/** A path in one folder of this process, for targets that read files. */
export function scratchFile(name: string): string {
  scratch ??= scratchFolder();
  return join(scratch, name);
}
