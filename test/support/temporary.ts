import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHES = new URL('../../probes/__pycache__', import.meta.url).pathname;

/**
 * Gives the tests their own temporary folder, and removes it after the last test.
 * The run fails if that folder cannot be removed, or if Python has written .pyc files into the checkout.
 */
export default function setup(): () => void {
  rmSync(CACHES, { recursive: true, force: true }); // an earlier run of Python by hand may have left it
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-tests-'));
  chmodSync(folder, 0o1777); // some tests run the app as another user
  process.env.TMPDIR = folder;
  process.env.XDG_STATE_HOME = join(folder, 'state'); // the key of run records
  return () => {
    const status = process.exitCode;
    process.exitCode = 1; // Vitest reports an error from here, but does not fail because of it
    // Tests unpack folders without write permission. Only root can remove files from those.
    if (process.getuid?.() !== 0) spawnSync('find', [folder, '-xdev', '-type', 'd', '-exec', 'chmod', 'u+rwx', '{}', ';']);
    execFileSync('rm', ['-rf', '--one-file-system', folder]);
    if (existsSync(CACHES)) throw new Error(`The tests have left ${CACHES}: run Python with -B.`);
    process.exitCode = status;
  };
}
