import { execFileSync } from 'node:child_process';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';

const PROBES = new URL('../../probes', import.meta.url).pathname;

/**
 * Interpreters on this computer that have the modules that the probes need. These are their own paths: what is first on
 * PATH may be a script of a version manager, which takes longer than most tests.
 */
const found = ['python3', ...Array.from({ length: 9 }, (_, index) => `python3.${index + 6}`)].flatMap((python) => {
  if (process.platform !== 'linux') return [];
  try {
    const code = 'import ctypes, sys, threading; print(sys.executable)';
    return [
      execFileSync(python, ['-c', code], { stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .trim(),
    ];
  } catch {
    return [];
  }
});
export const PYTHONS = [...new Set(found)];

/** Tests that need Python on Linux. Elsewhere they are reported as skipped. */
export const describeWithPython = describe.runIf(PYTHONS.length > 0);

/** A folder that contains the probes as a package, under the same name as in a container. */
export const PACKAGE_FOLDER = mkdtempSync(join(tmpdir(), 'pyshrink-probes-'));
symlinkSync(PROBES, join(PACKAGE_FOLDER, 'pyshrink_probes'));

/** Interpreter arguments that run a probe. -B prevents a `__pycache__` in the checkout. */
export function probe(name: string, ...args: string[]): string[] {
  return ['-I', '-S', '-B', join(PACKAGE_FOLDER, 'pyshrink_probes', 'start.py'), name, ...args];
}

/** Interpreter arguments that run code with `pyshrink_probes` on its search path. */
export function codeWithProbes(code: string, ...args: string[]): string[] {
  return ['-I', '-B', '-c', `import sys\nsys.path.insert(0, ${JSON.stringify(PACKAGE_FOLDER)})\n${code}`, ...args];
}

export function probeFile(name: string): string {
  return join(PROBES, name);
}
