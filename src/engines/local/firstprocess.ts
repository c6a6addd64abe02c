import type { Duplex, PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { UserError } from '../../errors.js';
import { FIRST_SCRIPT } from '../engine.js';
import { CHANNELS, type StartedProcess, startProcess, toolEnvironment } from '../processes.js';
import { mapIdentically } from './mappings.js';
import { quote } from './quote.js';

/**
 * Whose namespaces a container has:
 * - `identity`: made by root, in a user namespace where each user is the same user as outside. So owners stay right, and
 *   capabilities mean nothing outside;
 * - `root`: made by root, without a user namespace, where the kernel refuses one;
 * - `ranges`: a user namespace in which we are root, and further users have ids from the ranges of subuid(5);
 * - `single`: a user namespace in which we are root and the only user;
 * - `bubblewrap`: as `single`, but made by bwrap(1). Some systems allow user namespaces only to it.
 */
export type Kind = 'identity' | 'root' | 'ranges' | 'single' | 'bubblewrap';

/** Whether we are root on this computer, in containers of this kind: their files belong to the users that they have inside. */
export function isRoot(user: Kind): boolean {
  return user === 'root' || user === 'identity';
}

/** Options of unshare(1) that make the user namespace of each kind. bwrap(1) makes that of `bubblewrap`. */
export const USER_NAMESPACE: Readonly<Record<Kind, readonly string[]>> = {
  identity: ['--user'],
  root: [],
  ranges: ['--user', '--map-root-user', '--map-auto'],
  single: ['--user', '--map-root-user'],
  bubblewrap: [],
};

/** Options of bwrap(1) for a user namespace in which we are root. It keeps this computer's file system. */
export const WRAPPED = ['--dev-bind', '/', '/', '--unshare-user', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'];

const UNSHARED = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child'];

/** Descriptor at which the container's command, and each command beside it, finds what is sent to it. */
export const SENT = CHANNELS;
/** Descriptor over which we and the first process talk until it becomes its command. */
const CONTROL = CHANNELS + 1;

/**
 * A script for sh(1): what the first process does until it runs the script of {@link becoming}.
 * 1. It writes its process id to {@link CONTROL}.
 * 2. It waits until its users are mapped.
 * 3. It asks for the signal of unshare(1) --kill-child again: the kernel forgets it when a process gets capabilities by the
 *    mapping (prctl(2), PR_SET_PDEATHSIG).
 * 4. It gives up capabilities, and the way to get more of them (PR_SET_NO_NEW_PRIVS of prctl(2)).
 * Its arguments are a bounding set as setpriv(1) takes it, and the path of the script of {@link becoming}.
 */
const WAITING = `set -eu
cd /
umask 022
read -r PID REST </proc/self/stat # this /proc is still the computer's, so it has the number that the client needs
echo "$PID" >&${CONTROL}
read -r LINE <&${CONTROL}
exec setpriv --pdeathsig KILL --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set "$1" /bin/sh "$2"`;

/**
 * A script that waits for the root file system and then becomes a command of the image. Variables are set by the shell
 * itself, so no program of this computer runs with them, and no command line shows them.
 * @param environment variables of the command. Those whose names a shell can't have are left out.
 * @param keep whether the command reads {@link SENT}
 */
export function becoming(command: readonly string[], environment: Readonly<Record<string, string>>, keep: boolean): string {
  const settable = Object.entries(environment).filter(([name]) => /^[A-Za-z_]\w*$/.test(name) && !SHELLS_OWN.test(name));
  const program = quote(command[0] as string);
  return `echo ready >&${CONTROL}
read -r LINE <&${CONTROL} || exit 125
exec ${CONTROL}>&-${keep ? '' : ` ${SENT}>&-`}
cd /
unset PATH OLDPWD
${settable.map(([name, value]) => `export ${name}=${quote(value)}\n`).join('')}command -v ${program} >/dev/null || { echo ${quote(`${FIRST_SCRIPT}: ${command[0]}: no such program in the image`)} >&2; exit 127; }
exec ${command.map(quote).join(' ')}
`;
}

/** Variables that a shell does not let a script set, or that change how it reads one (bash(1), dash(1)). */
const SHELLS_OWN = /^(UID|EUID|PPID|BASH\w*|SHELLOPTS|IFS|PS[0-4]|LINENO|OPTIND|OPTARG|PWD|OLDPWD|_)$/;

export interface FirstSpec {
  user: Kind;
  /** Whether it gets a network namespace of its own. */
  isolated: boolean;
  /** Numbers of the capabilities that it has once its root file system is ready. */
  capabilities: readonly number[];
  /** Path of a file with the script of {@link becoming}. */
  script: string;
  /** Whether it has a standard input. */
  input: boolean;
  /** Start of a command line that runs a program in the namespaces from which its own are made ({@link FuseRoot}). */
  from?: readonly string[];
}

/** The first process of a container. It waits in its new namespaces until its root file system has been made from outside. */
export class FirstProcess {
  private constructor(
    /** Number of the process on this computer. */
    readonly pid: number,
    /** The program that made the namespaces. It ends with the container. */
    readonly started: StartedProcess,
    private readonly spec: FirstSpec,
    private readonly control: Duplex,
  ) {}

  /**
   * @param limit milliseconds after which it counts as failed
   * @throws UserError where the namespaces can't be made
   */
  static async start(spec: FirstSpec, limit?: number): Promise<FirstProcess> {
    const started = startProcess(commandLine(spec), { environment: toolEnvironment(), input: spec.input, channels: 2, newSession: true });
    const control = started.channels[1] as Duplex;
    control.on('error', () => {}); // a process that has ended: the lines are missing then
    (started.channels[0] as Duplex).on('error', () => {});
    const late = () => {
      started.kill();
      control.destroy();
      (started.stderr as PassThrough).end(); // a program that hangs keeps its end open
    };
    const timer = limit === undefined ? undefined : setTimeout(late, limit);
    try {
      const pid = Number.parseInt(await nextLine(control), 10);
      if (Number.isNaN(pid)) throw await problemOf(started);
      if (spec.user === 'identity') await mapIdentically(pid);
      control.write('mapped\n');
      if ((await nextLine(control)) !== 'ready') throw await problemOf(started);
      return new FirstProcess(pid, started, spec, control);
    } catch (error) {
      started.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Runs a script for sh(1) inside the namespaces as their root, with the root directory that they have now.
   * @param path file with the script
   * @throws UserError with what the script complains about
   */
  async prepare(path: string): Promise<void> {
    await this.tool([...enter(this.pid, this.spec), '/bin/sh', path]);
  }

  /**
   * Takes away what the file system of this computer was before pivot_root(2). Programs of this computer do it, for which it
   * must still be the root directory.
   * @param path where pivot_root(2) has put it
   */
  async leaveComputer(path: string): Promise<void> {
    const at = quote(`/proc/${this.pid}/root${path}`);
    await this.tool([
      ...['nsenter', `--target=${this.pid}`, ...userOptions(this.spec.user), '--mount', '--root=/', '--wd=/'],
      ...['/bin/sh', '-c', `umount -l ${at} && rmdir ${at}`],
    ]);
  }

  /**
   * Lets it become its command.
   * @param sent what the command finds at {@link SENT}
   */
  go(sent: string): void {
    (this.started.channels[0] as Duplex).end(sent);
    this.control.end('go\n');
  }

  /**
   * The command line that runs a further command in the container. Capabilities are given up before anything of the image
   * runs, while the programs that do it come from this computer.
   * @param capabilities numbers of those that it keeps
   */
  beside(capabilities: readonly number[], command: readonly string[]): string[] {
    return [
      ...enter(this.pid, this.spec),
      ...['--root=/', `--wd=/proc/${this.pid}/root`],
      ...['setpriv', '--no-new-privs', '--inh-caps=-all', '--ambient-caps=-all', '--bounding-set', boundingSet(capabilities)],
      ...['chroot', '.', ...command],
    ];
  }

  private async tool([file, ...args]: readonly string[]): Promise<void> {
    const run = await execa(file as string, args, { reject: false, stdin: 'ignore', extendEnv: false, env: toolEnvironment(), cwd: '/' });
    if (run.failed) throw new NotSetUp(run.stderr.trim() || String(run.shortMessage));
  }
}

/**
 * Start of a command line that runs a program in the namespaces of a process. The user namespace comes first, by a program of
 * its own: only from inside can a root directory be opened that fuse-overlayfs made there (fuse(4), allow_other).
 */
function enter(pid: number, { user, isolated }: Pick<FirstSpec, 'user' | 'isolated'>): string[] {
  const target = `--target=${pid}`;
  const namespaces = ['--mount', '--pid', '--ipc', '--uts', ...(isolated ? ['--net'] : [])];
  return [...(user === 'root' ? [] : ['nsenter', target, ...userOptions(user)]), 'nsenter', target, ...namespaces];
}

function userOptions(user: Kind): string[] {
  return user === 'root' ? [] : ['--user', '--preserve-credentials'];
}

/** The kernel kills it when this process ends, also when that is killed itself (setpriv(1), --pdeathsig; bwrap(1), --die-with-parent). */
function commandLine({ user, isolated, capabilities, script, from }: FirstSpec): string[] {
  const net = isolated ? ['--net'] : [];
  const users = from && user !== 'identity' ? [] : USER_NAMESPACE[user];
  const unshare = ['unshare', ...users, ...UNSHARED, ...net];
  const waiting = ['/bin/sh', '-c', WAITING, 'sh', boundingSet(capabilities), script];
  if (user === 'bubblewrap') return ['bwrap', ...WRAPPED, '--die-with-parent', ...unshare, ...waiting];
  return [...(from ?? []), 'setpriv', '--pdeathsig', 'KILL', ...unshare, ...waiting];
}

function boundingSet(capabilities: readonly number[]): string {
  return ['-all', ...capabilities.map((number) => `+cap_${number}`)].join(',');
}

/** A container's namespaces or root file system could not be made. */
export class NotSetUp extends UserError {
  /** @param reason message of the program that failed */
  constructor(readonly reason: string) {
    super(`The container could not be set up: ${reason}`, 'Run `pyshrink doctor`, which shows what this computer allows.');
  }
}

async function problemOf(started: StartedProcess): Promise<NotSetUp> {
  started.kill();
  return new NotSetUp(
    (await text(started.stderr)).trim() || (started.pid === undefined && missing(started.program)) || 'its first process ended',
  );
}

/** Why nothing was started where a program is not installed. */
export function missing(program: string): string {
  return `the program ${program} is missing (it is part of ${program === 'bwrap' ? 'bubblewrap' : 'util-linux'})`;
}

/** Reads one line and leaves the rest; an empty string at the end. */
export async function nextLine(stream: Readable): Promise<string> {
  let line = '';
  for (;;) {
    const part = stream.read(1) as Buffer | null;
    if (part === null) {
      if (stream.readableEnded || stream.destroyed) return line;
      await new Promise<void>((resolve) => {
        for (const event of ['readable', 'end', 'close', 'error']) stream.once(event, () => resolve());
      });
      continue;
    }
    if (part.toString() === '\n') return line;
    line += part.toString();
  }
}
