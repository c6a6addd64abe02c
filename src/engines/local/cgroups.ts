import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debug } from '../../debug.js';
import { UserError } from '../../errors.js';
import { quote } from './quote.js';

/** Where Linux has its control groups (cgroups(7)). Version 1 has a directory for each controller there. */
const MOUNT = '/sys/fs/cgroup';
/** Directory of our groups, below that of each controller. */
const OURS = 'pyshrink';
/** Name of the group of a runtime's own processes, beside the group that it makes for the container. */
const BESIDE = 'beside';
/** Controllers that set limits. */
const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;
type Controller = (typeof CONTROLLERS)[number];
/** Microseconds of a period in which CPU time is shared, as Docker has it. */
const PERIOD = 100_000;
/** How often a group is looked at again that still has a process. The kernel needs a moment after the last one has ended. */
const ATTEMPTS = 20;

/** Limits of a container. Undefined means none. */
export interface Limits {
  /** Bytes. */
  memory: number | undefined;
  /** Number of processes and threads. */
  pids: number | undefined;
  /** CPUs that it may use at once, e.g. 1.5. */
  cpus: number | undefined;
}

export const UNLIMITED: Limits = { memory: undefined, pids: undefined, cpus: undefined };

/**
 * What is written to which files of a group. Memory and swap together are twice the memory, as Docker has it by default.
 * Sources: Linux, admin-guide/cgroup-v1/memory.rst, pids.rst, scheduler/sched-bwc.rst; admin-guide/cgroup-v2.rst.
 */
function settings(
  { memory, pids, cpus }: Limits,
  version: 1 | 2,
): [controller: Controller, file: string, value: string, needed: boolean][] {
  const quota = cpus === undefined ? 0 : Math.round(cpus * PERIOD);
  const rows: [Controller, string, string, boolean][] = [];
  if (memory !== undefined && version === 1)
    rows.push(
      ['memory', 'memory.limit_in_bytes', String(memory), true],
      ['memory', 'memory.memsw.limit_in_bytes', String(2 * memory), false], // missing where the kernel does not count swap
    );
  if (memory !== undefined && version === 2)
    rows.push(['memory', 'memory.max', String(memory), true], ['memory', 'memory.swap.max', String(memory), false]);
  if (pids !== undefined) rows.push(['pids', 'pids.max', String(pids), true]);
  if (cpus !== undefined && version === 1)
    rows.push(['cpu', 'cpu.cfs_period_us', String(PERIOD), true], ['cpu', 'cpu.cfs_quota_us', String(quota), true]);
  if (cpus !== undefined && version === 2) rows.push(['cpu', 'cpu.max', `${quota} ${PERIOD}`, true]);
  return rows;
}

/** The control group of one container. */
export class ControlGroup {
  private constructor(
    /** Path below the mount of each controller. */
    readonly path: string,
    private readonly version: 1 | 2,
    private readonly mount: string,
    private readonly nested: boolean,
  ) {}

  /**
   * Makes a group for each controller that sets limits.
   * @param session id of the session, by which a later one finds what a killed one has left
   * @param options.nested whether a runtime makes a group in it. In version 2, a group with groups that have controllers may
   *   have no process of its own (cgroup-v2.rst, "No Internal Process Constraint"), so its processes enter a group beside that one
   * @param options.mount where control groups are
   * @throws UserError where one can't be made or a limit can't be set
   */
  static async make(session: string, name: string, limits: Limits, { nested = false, mount = MOUNT } = {}): Promise<ControlGroup> {
    const version = existsSync(join(mount, 'cgroup.controllers')) ? 2 : 1;
    const group = new ControlGroup(join('/', OURS, session, name), version, mount, nested);
    try {
      for (const directory of group.directories()) await makeDirectory(directory);
      if (group.entered !== group.path) await makeDirectory(join(mount, group.entered));
      if (version === 2)
        for (const path of ['/', join('/', OURS), join('/', OURS, session), ...(nested ? [group.path] : [])])
          await writeFile(join(mount, path, 'cgroup.subtree_control'), CONTROLLERS.map((controller) => `+${controller}`).join(' '));
      for (const [controller, file, value, needed] of settings(limits, version))
        await writeFile(join(group.directory(controller), file), value).catch((error: unknown) => {
          if (needed) throw error;
          debug.engine('%s=%s could not be set: %s', file, value, error);
        });
    } catch (error) {
      await group.remove();
      throw new UserError(
        `The control group of the container could not be made: ${(error as Error).message}`,
        'See that the limit is large enough, or leave out --memory, --pids-limit and --cpus.',
      );
    }
    return group;
  }

  /** Whether the kernel made groups of the directories. Without a controller, they are plain directories. */
  exists(): boolean {
    return this.directories().every((directory) => existsSync(join(directory, 'cgroup.events')) || existsSync(join(directory, 'tasks')));
  }

  private directory(controller: Controller): string {
    return this.version === 2 ? join(this.mount, this.path) : join(this.mount, controller, this.path);
  }

  private directories(): string[] {
    return [...new Set(CONTROLLERS.map((controller) => this.directory(controller)))];
  }

  /** Path of the group that processes enter, below the mount of each controller. */
  private get entered(): string {
    return this.nested && this.version === 2 ? join(this.path, BESIDE) : this.path;
  }

  /** Files that move a process into the group: it writes 0, or another process writes its number (cgroups(7)). */
  doors(): string[] {
    if (this.version === 2) return [join(this.mount, this.entered, 'cgroup.procs')];
    return this.directories().map((directory) => join(directory, 'cgroup.procs'));
  }

  /** Moves a process into the group. Its later children belong to it, too. */
  async add(pid: number): Promise<void> {
    for (const door of this.doors()) await writeFile(door, String(pid));
  }

  /** Whether the kernel has killed a process of it, or of a group in it, for lack of memory. */
  async outOfMemory(): Promise<boolean> {
    const file = this.version === 2 ? 'memory.events' : 'memory.oom_control';
    for (const directory of await tree(this.directory('memory'))) {
      const text = await readFile(join(directory, file), 'utf8').catch(() => '');
      if (Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0) return true;
    }
    return false;
  }

  /** Removes it. Nothing of the container runs any more. */
  async remove(): Promise<void> {
    await removeGroups(this.path, this.mount);
  }
}

/** The command line that enters a group and then becomes another command. */
export function enteringGroup(group: ControlGroup | undefined, command: readonly string[]): readonly string[] {
  if (!group) return command;
  const enter = group.doors().map((door) => `echo 0 >${quote(door)}`);
  return ['/bin/sh', '-ec', `${enter.join('\n')}\nexec "$@"`, 'sh', ...command];
}

/** Whether we may make control groups here, found out by making one. @param session id of a session */
export async function canMakeGroups(session: string, mount = MOUNT): Promise<boolean> {
  try {
    const group = await ControlGroup.make(session, 'try', { memory: 1 << 30, pids: 1000, cpus: 1 }, { mount });
    const isReal = group.exists();
    await group.remove();
    return isReal;
  } catch (error) {
    debug.engine('no control groups: %s', (error as Error).message);
    return false;
  } finally {
    await removeSessionGroups(session, mount);
  }
}

/** Removes the groups of a session's containers, where there are any. No process is left in them. */
export async function removeSessionGroups(session: string, mount = MOUNT): Promise<void> {
  await removeGroups(join('/', OURS, session), mount);
  await removeGroups(join('/', OURS), mount, false); // fails as long as another session has groups
}

/** Removes a group below the mounts of all controllers: a runtime makes it for more of them than we do. */
async function removeGroups(path: string, mount: string, withInner = true): Promise<void> {
  const controllers = await readdir(mount).catch(() => []);
  for (const name of ['', ...controllers]) {
    const top = join(mount, name, path);
    const directories = withInner ? await tree(top) : [top];
    for (const directory of directories.reverse()) await removeDirectory(directory, withInner ? ATTEMPTS : 1);
  }
}

/** A directory and all directories in it, each before those in it. Empty where there is none. */
async function tree(top: string): Promise<string[]> {
  const entries = await readdir(top, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [];
  const inner = await Promise.all(entries.filter((entry) => entry.isDirectory()).map(({ name }) => tree(join(top, name))));
  return [top, ...inner.flat()];
}

async function removeDirectory(path: string, attempts: number): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const code = await rmdir(path).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== 'EBUSY') return;
    await new Promise((go) => setTimeout(go, 10));
  }
}

/** Makes a directory and its parents. Another session may remove a parent that is empty at the same time. */
async function makeDirectory(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(path, { recursive: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === ATTEMPTS) throw error;
    }
  }
}
