import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { quote } from './setup.js';

/** What this machine allows. */
export interface Machine {
  /**
   * Whose namespaces they are: root's own; a user's, who is root inside, with the ranges of subuid(5) or without them,
   * when there is no other user inside; or the same by bubblewrap, which some systems allow what they refuse others.
   */
  user: 'root' | 'ranges' | 'single' | 'bubblewrap';
  /** How a writable file system is put over an image: by the kernel, by FUSE, or as a copy. */
  overlay: 'kernel' | 'fuse' | 'copy';
}

/** Why there can be no containers here, in the words of the program that was refused. */
export interface Refusal {
  refused: string;
}

/** Options of unshare(1) for the user namespace of each kind. */
const USER_NAMESPACE = {
  root: [],
  ranges: ['--user', '--map-root-user', '--map-auto'],
  single: ['--user', '--map-root-user'],
} as const;

const UNSHARED = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child'];
/** The same for bwrap(1), which leaves the file system as it is: our script puts it together. */
const WRAPPED = ['--dev-bind', '/', '/', '--unshare-user', '--uid', '0', '--gid', '0', '--unshare-pid', '--as-pid-1', '--unshare-ipc'];

/** Milliseconds after which something that should be quick has failed. */
const TRIED = 10_000;

/**
 * A command line in new namespaces. It is killed when we end, however that is: setpriv(1), --pdeathsig.
 * @param isolated from the network too
 */
export function inNamespaces(user: Machine['user'], isolated: boolean, script: string): string[] {
  const shell = ['/bin/sh', '-c', script];
  if (user === 'bubblewrap') {
    const more = ['--unshare-uts', '--cap-add', 'ALL', '--die-with-parent', ...(isolated ? ['--unshare-net'] : [])];
    return ['bwrap', ...WRAPPED, ...more, ...shell];
  }
  return ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...USER_NAMESPACE[user], ...UNSHARED, ...(isolated ? ['--net'] : []), ...shell];
}

/** A command line that is root in a user namespace, for files of users that only exist there. */
export function asRootInside(user: Machine['user'], command: readonly string[]): string[] {
  if (user === 'bubblewrap') return ['bwrap', ...WRAPPED, '--cap-add', 'ALL', ...command];
  return ['unshare', ...USER_NAMESPACE[user], ...command];
}

/**
 * Finds out by trying.
 * @param folder where containers will have their files: what works depends on its file system too
 */
export async function lookAtMachine(folder: string): Promise<Machine | Refusal> {
  if (process.platform !== 'linux') return { refused: 'namespaces are a thing of Linux' };
  const root = process.getuid?.() === 0;
  let refused = '';
  for (const user of root ? (['root', 'single', 'bubblewrap'] as const) : (['single', 'bubblewrap'] as const)) {
    const tried = await attempt(user, 'mount -t proc proc /proc');
    if (tried === undefined) {
      const more = user === 'single' && (await hasRanges()) && (await attempt('ranges', ':')) === undefined;
      const found = more ? 'ranges' : user;
      return { user: found, overlay: await overlayHere(found, folder) };
    }
    if (refused === '') refused = tried;
  }
  return { refused };
}

/** Whether somebody has given us ids of others (subuid(5)): unshare(1) waits for ever for a newuidmap(1) that fails. */
async function hasRanges(): Promise<boolean> {
  const { uid, username } = userInfo();
  const listed = async (path: string) =>
    (await readFile(path, 'utf8').catch(() => ''))
      .split('\n')
      .some((line) => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`));
  const tools = await execa('newuidmap', [], { reject: false });
  return tools.code !== 'ENOENT' && (await listed('/etc/subuid')) && (await listed('/etc/subgid'));
}

async function overlayHere(user: Machine['user'], folder: string): Promise<Machine['overlay']> {
  const place = await mkdtemp(join(folder, 'try-'));
  try {
    for (const name of ['lower', 'upper', 'work', 'root']) await mkdir(join(place, name));
    await writeFile(join(place, 'lower', 'file'), 'x');
    const options = `lowerdir=${place}/lower,upperdir=${place}/upper,workdir=${place}/work`;
    // Removing and replacing needs more of the kernel than the mount alone.
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

/** What went wrong; undefined where nothing did. */
async function attempt(user: Machine['user'], script: string): Promise<string | undefined> {
  const [file, ...args] = inNamespaces(user, false, `set -e; ${script}`);
  const run = await execa(file as string, args, { reject: false, stdin: 'ignore', timeout: TRIED, killSignal: 'SIGKILL' });
  if (!run.failed) return undefined;
  return run.code === 'ENOENT'
    ? `there is no ${file}(1), which util-linux has`
    : run.stderr.trim().split('\n').at(-1) || `status ${run.exitCode}`;
}

/** Removes a folder with files of users that only exist in our namespaces. */
export async function removeTree(folder: string, user: Machine['user']): Promise<void> {
  if (user === 'root') return rm(folder, { recursive: true, force: true });
  const [file, ...args] = asRootInside(user, ['rm', '-rf', '--', folder]);
  const run = await execa(file as string, args, { reject: false });
  if (run.failed) await rm(folder, { recursive: true, force: true });
}

/** As whom files of sessions are removed. */
export function userOf(found: Machine | Refusal): Machine['user'] {
  return 'refused' in found ? (process.getuid?.() === 0 ? 'root' : 'single') : found.user;
}

/** What would let containers be made. */
export function remedyFor(refused: string): string {
  if (/of Linux/.test(refused)) return 'Start a Docker daemon.';
  if (/util-linux/.test(refused)) return 'Install util-linux, or start a Docker daemon.';
  return (
    'Allow user namespaces (as root: `sysctl user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1`; on Ubuntu 24.04 ' +
    '`sysctl kernel.apparmor_restrict_unprivileged_userns=0`; inside Docker, run the outer container with --privileged), or start a Docker daemon.'
  );
}
