import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { debug } from '../../debug.js';
import { UserError } from '../../errors.js';
import { canMakeGroups } from './cgroups.js';
import { becoming, FirstProcess, isRoot, type Kind, missing, NotSetUp, USER_NAMESPACE, WRAPPED } from './firstprocess.js';
import { probeRuntimes, type Unusable } from './oci/probe.js';
import type { RuntimeName } from './oci/runtime.js';
import { quote } from './quote.js';

/** Which namespaces this computer lets us make. */
export interface NamespaceSupport {
  user: Kind;
  /** How a container gets a writable view of its image: overlayfs of the kernel, fuse-overlayfs, or a copy. */
  overlay: 'kernel' | 'fuse' | 'copy';
  /** The container runtime that runs containers; undefined where programs of util-linux or bubblewrap do. */
  runtime?: RuntimeName;
  /** Runtimes that are installed and would come first, and do not work here. */
  unusable?: readonly Unusable[];
  /** Whether containers have control groups, and so can have limits. */
  cgroups?: true;
}

/** Why no namespaces can be made. */
export interface Refusal {
  /** Message of the program that failed first. */
  refused: string;
  /** Set where bwrap(1), which some systems allow what they refuse to others, is not installed. */
  withoutBubblewrap?: true;
}

/** Milliseconds after which an attempt counts as failed. */
const ATTEMPT_LIMIT = 10_000;

/** The command line that runs a program as root of a user namespace, for files of users that exist only there. */
export function asRootInside(user: Kind, command: readonly string[]): string[] {
  if (user === 'bubblewrap') return ['bwrap', ...WRAPPED, ...command];
  return isRoot(user) ? [...command] : ['unshare', ...USER_NAMESPACE[user], ...command];
}

/**
 * Finds out which namespaces and which overlay work, by making them.
 * @param folder of a session, where containers will have their files: whether an overlay works depends on the file system there
 * @throws UserError where PYSHRINK_RUNTIME names a runtime that does not work here
 */
export async function probeNamespaces(folder: string): Promise<NamespaceSupport | Refusal> {
  const users = await probeUsers(folder);
  if ('refused' in users) return users;
  const groups = isRoot(users.user) && (await canMakeGroups(basename(folder)));
  const found: NamespaceSupport = { ...users, ...(groups && { cgroups: true }) };
  const { runtime, unusable } = await probeRuntimes(found, folder);
  debug.engine('namespaces: %o, runtime %s', found, runtime);
  return { ...found, ...(runtime !== undefined && { runtime }), ...(unusable.length > 0 && { unusable }) };
}

/** As {@link probeNamespaces}, without control groups and runtimes. Enough to remove files. */
export async function probeUsers(folder: string): Promise<NamespaceSupport | Refusal> {
  if (process.platform !== 'linux') return { refused: 'only Linux has namespaces' };
  const root = process.getuid?.() === 0;
  let refused = '';
  let last = '';
  for (const user of root ? (['identity', 'root', 'single', 'bubblewrap'] as const) : (['single', 'bubblewrap'] as const)) {
    const problem = await attempt(user, 'mount -t proc proc /proc', folder);
    if (problem === undefined) {
      const more = user === 'single' && (await hasRanges()) && (await attempt('ranges', ':', folder)) === undefined;
      const found = more ? 'ranges' : user;
      return { user: found, overlay: await probeOverlay(found, folder) };
    }
    if (refused === '') refused = problem;
    last = problem;
  }
  return { refused, ...(last === missing('bwrap') && { withoutBubblewrap: true }) };
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

async function probeOverlay(user: Kind, folder: string): Promise<NamespaceSupport['overlay']> {
  const place = await mkdtemp(join(folder, 'try-'));
  try {
    for (const name of ['lower', 'upper', 'work', 'root']) await mkdir(join(place, name));
    await writeFile(join(place, 'lower', 'file'), 'x');
    const options = `lowerdir=${place}/lower,upperdir=${place}/upper,workdir=${place}/work`;
    // Where the mount works, replacing a file may still be refused: it makes a device file (whiteout).
    const check = `cd ${quote(`${place}/root`)} && rm file && mkdir file && [ -d file ]`;
    const own = user === 'root' ? '' : ',userxattr';
    const at = quote(`${place}/root`);
    if ((await attempt(user, `mount -t overlay overlay -o ${quote(options + own)} ${at} && ${check}`, place)) === undefined)
      return 'kernel';
    if (user === 'bubblewrap') return 'copy'; // bwrap can't start from the namespaces of fuse-overlayfs
    if ((await attempt(user, `fuse-overlayfs -o ${quote(options)} ${at} && ${check}`, place)) === undefined) return 'fuse';
    return 'copy';
  } finally {
    await removeTree(place, user);
  }
}

/**
 * Runs a script in namespaces.
 * @param folder where the script may be written
 * @returns what went wrong; undefined where it worked
 */
async function attempt(user: Kind, script: string, folder: string): Promise<string | undefined> {
  const problem = await problemOf(user, script, folder);
  if (problem !== undefined) debug.engine('namespaces of kind %s: `%s` failed: %s', user, script, problem);
  return problem;
}

async function problemOf(user: Kind, script: string, folder: string): Promise<string | undefined> {
  const [waiting, tried] = [join(folder, 'waiting.sh'), join(folder, 'tried.sh')];
  await writeFile(waiting, becoming(['true'], {}, false));
  await writeFile(tried, `set -e\n${script}\n`);
  try {
    const first = await FirstProcess.start({ user, isolated: false, capabilities: [], script: waiting, input: false }, ATTEMPT_LIMIT);
    try {
      await first.prepare(tried);
    } finally {
      first.started.kill();
      await first.started.exit;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof NotSetUp)) return (error as Error).message;
    return error.reason.split('\n').at(-1);
  }
}

/** Removes a folder, also files in it that belong to users who exist only in our namespaces. */
export async function removeTree(folder: string, user: Kind): Promise<void> {
  if (isRoot(user)) return rm(folder, { recursive: true, force: true });
  const [file, ...args] = asRootInside(user, ['rm', '-rf', '--', folder]);
  const run = await execa(file as string, args, { reject: false });
  if (!run.failed) return;
  debug.engine('%s could not be removed inside namespaces: %s', folder, run.stderr || run.shortMessage);
  await rm(folder, { recursive: true, force: true });
}

/** The kind of namespaces in which files of sessions can be removed. */
export function userOf(found: NamespaceSupport | Refusal): Kind {
  return 'refused' in found ? (process.getuid?.() === 0 ? 'root' : 'single') : found.user;
}

/** What the user can do about a refusal. */
export function remedyFor({ refused, withoutBubblewrap }: Refusal): string {
  if (/only Linux/.test(refused)) return 'Start a Docker daemon.';
  if (/util-linux/.test(refused)) return 'Install util-linux, or start a Docker daemon.';
  return (
    (withoutBubblewrap ? 'Install the package bubblewrap, to which some systems allow user namespaces. Or allow ' : 'Allow ') +
    'user namespaces (as root: `sysctl user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1`; on Ubuntu 24.04 ' +
    '`sysctl kernel.apparmor_restrict_unprivileged_userns=0`; inside Docker, run the outer container with --privileged), or start a Docker daemon.'
  );
}

/** Copies a tree of files with their owners, also of users who exist only in our namespaces. */
export async function copyTree(from: string, to: string, user: Kind): Promise<void> {
  const [file, ...args] = asRootInside(user, ['cp', '-a', '--reflink=auto', `${from}/.`, to]);
  const run = await execa(file as string, args, { reject: false });
  if (run.failed)
    throw new UserError(
      `The image could not be copied to ${to}: ${run.stderr.trim().split('\n').at(-1)}`,
      'See that its disk has room, or set PYSHRINK_CACHE to a folder on a larger disk.',
    );
}
