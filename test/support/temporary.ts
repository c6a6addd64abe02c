import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHES = new URL('../../probes/__pycache__', import.meta.url).pathname;

/**
 * Gives the tests a temporary folder of their own, and removes it when all have run.
 * The run fails if that folder cannot be removed, or if Python has written .pyc files into the checkout.
 */
export default function setup(): () => void {
  rmSync(CACHES, { recursive: true, force: true }); // of somebody's own run of Python
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-tests-'));
  chmodSync(folder, 0o1777); // some tests run the app as another user
  process.env.TMPDIR = folder;
  return () => {
    const status = process.exitCode;
    process.exitCode = 1; // Vitest reports an error that is thrown here, but does not fail because of it
    // Tests unpack folders without write permission, whose files only root can remove.
    if (process.getuid?.() !== 0) spawnSync('find', [folder, '-xdev', '-type', 'd', '-exec', 'chmod', 'u+rwx', '{}', ';']);
    execFileSync('rm', ['-rf', '--one-file-system', folder]);
    if (existsSync(CACHES)) throw new Error(`The tests have left ${CACHES}: run Python with -B.`);
    process.exitCode = status;
  };
}
