import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { debug } from '../../debug.js';
import { quote } from './setup.js';

/** Which namespaces this computer lets us make. */
export interface NamespaceSupport {
  /**
   * Whose namespaces they are:
   * - `root`: made by root, without a user namespace;
   * - `ranges`: a user namespace in which we are root, and further users have ids from the ranges of subuid(5);
   * - `single`: a user namespace in which we are root and the only user;
   * - `bubblewrap`: as `single`, but made by bwrap(1). Some systems allow user namespaces only to it.
   */
  user: 'root' | 'ranges' | 'single' | 'bubblewrap';
  /** How a container gets a writable view of its image: overlayfs of the kernel, fuse-overlayfs, or a copy. */
  overlay: 'kernel' | 'fuse' | 'copy';
}

/** Why no namespaces can be made. */
export interface Refusal {
  /** Message of the program that failed. */
  refused: string;
}

/** Options of unshare(1) that make the user namespace of each kind. */
const USER_NAMESPACE = {
  root: [],
  ranges: ['--user', '--map-root-user', '--map-auto'],
  single: ['--user', '--map-root-user'],
} as const;

const UNSHARED = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child'];
/** Options of bwrap(1) for the same namespaces. It keeps this computer's file system, since our script mounts the container's. */
const WRAPPED = ['--dev-bind', '/', '/', '--unshare-user', '--uid', '0', '--gid', '0', '--unshare-pid', '--as-pid-1', '--unshare-ipc'];

/** Milliseconds after which an attempt counts as failed. */
const ATTEMPT_LIMIT = 10_000;

/**
 * The command line that runs a script for sh(1) in new namespaces. The kernel kills it when this process ends, also when
 * that is killed itself (setpriv(1), --pdeathsig).
 * @param isolated whether it gets a network namespace of its own
 */
export function inNamespaces(user: NamespaceSupport['user'], isolated: boolean, script: string): string[] {
  const shell = ['/bin/sh', '-c', script];
  if (user === 'bubblewrap') {
    const more = ['--unshare-uts', '--cap-add', 'ALL', '--die-with-parent', ...(isolated ? ['--unshare-net'] : [])];
    return ['bwrap', ...WRAPPED, ...more, ...shell];
  }
  return ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...USER_NAMESPACE[user], ...UNSHARED, ...(isolated ? ['--net'] : []), ...shell];
}

/** The command line that runs a program as root of a user namespace, for files of users that exist only there. */
export function asRootInside(user: NamespaceSupport['user'], command: readonly string[]): string[] {
  if (user === 'bubblewrap') return ['bwrap', ...WRAPPED, '--cap-add', 'ALL', ...command];
  return ['unshare', ...USER_NAMESPACE[user], ...command];
}

/**
 * Finds out which namespaces and which overlay work, by making them.
 * @param folder where containers will have their files: whether an overlay works depends on the file system there
 */
export async function probeNamespaces(folder: string): Promise<NamespaceSupport | Refusal> {
  const found = await probeUsers(folder);
  debug.engine('namespaces: %o', found);
  return found;
}

async function probeUsers(folder: string): Promise<NamespaceSupport | Refusal> {
  if (process.platform !== 'linux') return { refused: 'only Linux has namespaces' };
  const root = process.getuid?.() === 0;
  let refused = '';
  for (const user of root ? (['root', 'single', 'bubblewrap'] as const) : (['single', 'bubblewrap'] as const)) {
    const problem = await attempt(user, 'mount -t proc proc /proc');
    if (problem === undefined) {
      const more = user === 'single' && (await hasRanges()) && (await attempt('ranges', ':')) === undefined;
      const found = more ? 'ranges' : user;
      return { user: found, overlay: await probeOverlay(found, folder) };
    }
    if (refused === '') refused = problem;
  }
  return { refused };
}

/** Whether this user has ranges of further ids (subuid(5)). Without them newuidmap(1) fails, and unshare(1) waits for it forever. */
async function hasRanges(): Promise<boolean> {
  const { uid, username } = userInfo();
  const listed = async (path: string) =>
    (await readFile(path, 'utf8').catch(() => ''))
      .split('\n')
      .some((line) => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`));
  const tools = await execa('newuidmap', [], { reject: false });
  return tools.code !== 'ENOENT' && (await listed('/etc/subuid')) && (await listed('/etc/subgid'));
}

async function probeOverlay(user: NamespaceSupport['user'], folder: string): Promise<NamespaceSupport['overlay']> {
  const place = await mkdtemp(join(folder, 'try-'));
  try {
    for (const name of ['lower', 'upper', 'work', 'root']) await mkdir(join(place, name));
    await writeFile(join(place, 'lower', 'file'), 'x');
    const options = `lowerdir=${place}/lower,upperdir=${place}/upper,workdir=${place}/work`;
    // Where the mount works, replacing a file may still be refused: it makes a device file (whiteout).
    const check = `cd ${quote(`${place}/root`)} && rm file && mkdir file && [ -d file ]`;
    const own = user === 'root' ? '' : ',userxattr';
    if ((await attempt(user, `mount -t overlay overlay -o ${quote(options + own)} ${quote(`${place}/root`)} && ${check}`)) === undefined)
      return 'kernel';
    if ((await attempt(user, `fuse-overlayfs -o ${quote(options)} ${quote(`${place}/root`)} && ${check}`)) === undefined) return 'fuse';
    return 'copy';
  } finally {
    await removeTree(place, user);
  }
}

/** Runs a script in namespaces. @returns what went wrong; undefined where it worked */
async function attempt(user: NamespaceSupport['user'], script: string): Promise<string | undefined> {
  const problem = await problemOf(user, script);
  if (problem !== undefined) debug.engine('namespaces of kind %s: `%s` failed: %s', user, script, problem);
  return problem;
}

async function problemOf(user: NamespaceSupport['user'], script: string): Promise<string | undefined> {
  const [file, ...args] = inNamespaces(user, false, `set -e; ${script}`);
  const run = await execa(file as string, args, { reject: false, stdin: 'ignore', timeout: ATTEMPT_LIMIT, killSignal: 'SIGKILL' });
  if (!run.failed) return undefined;
  return run.code === 'ENOENT'
    ? `the program ${file} is missing (it is part of ${file === 'bwrap' ? 'bubblewrap' : 'util-linux'})`
    : run.stderr.trim().split('\n').at(-1) || `status ${run.exitCode}`;
}

/** Removes a folder, also files in it that belong to users who exist only in our namespaces. */
export async function removeTree(folder: string, user: NamespaceSupport['user']): Promise<void> {
  if (user === 'root') return rm(folder, { recursive: true, force: true });
  const [file, ...args] = asRootInside(user, ['rm', '-rf', '--', folder]);
  const run = await execa(file as string, args, { reject: false });
  if (!run.failed) return;
  debug.engine('%s could not be removed inside namespaces: %s', folder, run.stderr || run.shortMessage);
  await rm(folder, { recursive: true, force: true });
}

/** The kind of namespaces in which files of sessions can be removed. */
export function userOf(found: NamespaceSupport | Refusal): NamespaceSupport['user'] {
  return 'refused' in found ? (process.getuid?.() === 0 ? 'root' : 'single') : found.user;
}

/** What the user can do about a refusal. */
export function remedyFor(refused: string): string {
  if (/only Linux/.test(refused)) return 'Start a Docker daemon.';
  if (/util-linux/.test(refused)) return 'Install util-linux, or start a Docker daemon.';
  return (
    'Allow user namespaces (as root: `sysctl user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1`; on Ubuntu 24.04 ' +
    '`sysctl kernel.apparmor_restrict_unprivileged_userns=0`; inside Docker, run the outer container with --privileged), or start a Docker daemon.'
  );
}
