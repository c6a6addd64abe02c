import { execFileSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { it } from 'vitest';

/** What a test needs of this computer beside the engine. */
export type Need = 'root' | 'mount' | 'network device' | 'docker compose' | `user ${string}` | `program ${string}`;

const TUN = '/dev/net/tun';

/** Why a need is not met here; undefined where it is. */
function missing(need: Need): string | undefined {
  const [kind, name = ''] = need.split(' ', 2);
  switch (kind) {
    case 'root':
      return process.getuid?.() === 0 ? undefined : 'only root can do this';
    case 'mount':
      return (
        missing('root') ?? (works('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt') ? undefined : 'nothing can be mounted')
      );
    case 'docker':
      return works('docker', 'compose', 'version') ? undefined : 'docker compose is not installed (fixtures/compose.sh builds it)';
    case 'network':
      return canOpen(TUN) ? undefined : `not everybody can open ${TUN}`;
    case 'user':
      return missing('root') ?? (works('id', '-u', name) ? undefined : `there is no user ${name} (fixtures/peers.sh makes it)`);
    default:
      return works('sh', '-c', 'command -v "$1"', 'sh', name) ? undefined : `${name} is not installed`;
  }
}

/** Whether this computer has what a test needs. */
export function has(need: Need): boolean {
  return missing(need) === undefined;
}

/**
 * A test that needs something of this computer. Where that is missing it is skipped, and its title says why. In a table of
 * tests, give each its name.
 */
export function needing(...needs: Need[]): (name: string, test: () => unknown) => void {
  const reason = needs.map(missing).find((text) => text !== undefined);
  return (name, test) => {
    if (reason === undefined) it(name, async () => void (await test()));
    else skipped(name, reason);
  };
}

/** A test that can't run here. It stays in the list of tests, and its title says why. */
export function skipped(name: string, reason: string): void {
  it.skip(`${name} (skipped: ${reason})`, () => {});
}

function works(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether we and every other user can open a device file. A container may have one that its rules keep shut. */
function canOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return (statSync(path).mode & 0o006) === 0o006 && works('sh', '-c', `: <>${path}`);
  } catch {
    return false;
  }
}
