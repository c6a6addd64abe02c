import { execFileSync } from 'node:child_process';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';

const PROBES = new URL('../../probes', import.meta.url).pathname;

/** Interpreters of this computer that have what the probes need. */
export const PYTHONS = ['python3', ...Array.from({ length: 9 }, (_, index) => `python3.${index + 6}`)].filter((python) => {
  try {
    execFileSync(python, ['-c', 'import ctypes, threading'], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
});

/** Tests that need a Python on Linux; reported as skipped elsewhere. */
export const describeWithPython = describe.runIf(PYTHONS.length > 0);

/** A folder in which the probes are a package with the name that they have in a container. */
export const PACKAGE_FOLDER = mkdtempSync(join(tmpdir(), 'pyshrink-probes-'));
symlinkSync(PROBES, join(PACKAGE_FOLDER, 'pyshrink_probes'));

/** Arguments of an interpreter that runs a probe. With -B it writes no `__pycache__` into the checkout. */
export function probe(name: string, ...args: string[]): string[] {
  return ['-I', '-S', '-B', join(PACKAGE_FOLDER, 'pyshrink_probes', 'start.py'), name, ...args];
}

/** Arguments of an interpreter that runs code which may import `pyshrink_probes`. */
export function codeWithProbes(code: string, ...args: string[]): string[] {
  return ['-I', '-B', '-c', `import sys\nsys.path.insert(0, ${JSON.stringify(PACKAGE_FOLDER)})\n${code}`, ...args];
}

export function probeFile(name: string): string {
  return join(PROBES, name);
}
