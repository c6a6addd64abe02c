import { UserError, usageError } from '../../../errors.js';
import { isInstalled } from '../../processes.js';
import { limitOfPids, type RunOptions } from '../../runoptions.js';
import type { Limits } from '../cgroups.js';
import { isRoot, type Kind } from '../firstprocess.js';

/** Container runtimes that implement the command line of runc(8). The first that works is used. */
export const RUNTIMES = ['crun', 'runc', 'youki'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** How a runtime is started. */
interface RuntimeRow {
  /** Its options before the command, as root and as an ordinary user. Without the right to make control groups, none is made. */
  options: { root: readonly string[]; user: readonly string[] };
  /** Whether it fails where control groups of both versions are mounted, although it uses none of them. */
  hideCgroups: boolean;
  /** Whether it makes a control group as root. Otherwise it stays in the one in which it is started. */
  makesGroup: boolean;
  /** Who answers that system calls newer than the seccomp profile do not exist: runc does since 1.0. */
  newCalls: 'runtime' | 'profile';
  /** Options of its command `run`. */
  run: readonly string[];
  /** Whether the file with its number is there before it has started: no command can be run in it until then. */
  earlyNumber: boolean;
  /**
   * Whether every process surely has the seccomp profile and the user namespace. Otherwise the app installs a filter of its own, and
   * a command beside it enters the namespace first, too.
   */
  confines: boolean;
  /** Whether its command `kill` knows real-time signals (signal(7)). */
  knowsRealTime: boolean;
}

export const RUNTIME: Readonly<Record<RuntimeName, RuntimeRow>> = {
  // crun 1.8: "cgroups in hybrid mode not supported".
  crun: {
    options: { root: ['--cgroup-manager=disabled'], user: ['--cgroup-manager=disabled'] },
    ...{ hideCgroups: true, makesGroup: false, newCalls: 'profile', run: [], earlyNumber: false, confines: true, knowsRealTime: true },
  },
  // Its warnings would get among what the app prints; errors are printed all the same. With --keep (runc 1.1), the control
  // group stays, which knows whether memory ran out.
  runc: {
    options: { root: ['--log', '/dev/null'], user: ['--log', '/dev/null', '--rootless=true'] },
    hideCgroups: false,
    makesGroup: true,
    newCalls: 'runtime',
    run: ['--keep'],
    earlyNumber: false,
    confines: true,
    knowsRealTime: true,
  },
  // Version 0.7. Only errors are printed, also by a build for debugging. It gives the number of a signal as exit status, where
  // others add 128. It removes its control group even with --keep, so a kill for lack of memory looks like any other.
  youki: {
    options: { root: ['--log-level', 'error'], user: ['--log-level', 'error'] },
    hideCgroups: false,
    makesGroup: true,
    newCalls: 'profile',
    run: [],
    earlyNumber: true,
    // A build without its feature `seccomp` ignores the profile and does not say so. A command beside the app gets no profile, and it
    // stays in the user namespace of this computer (libcontainer 0.7, container/tenant_builder.rs).
    confines: false,
    knowsRealTime: false,
  },
};

/** The command line of a runtime. @param state folder for what it knows about its containers */
export function runtimeLine(name: RuntimeName, user: Kind, state: string, command: readonly string[]): string[] {
  return [name, ...RUNTIME[name].options[isRoot(user) ? 'root' : 'user'], '--root', state, ...command];
}

/**
 * The runtimes to try, in this order: those that are installed, or the one that PYSHRINK_RUNTIME names; none for `none`.
 * @throws UserError where that is not the name of a runtime (usage), or it is not installed
 */
export async function runtimesToTry(wish = process.env.PYSHRINK_RUNTIME): Promise<RuntimeName[]> {
  if (wish === 'none') return [];
  const named = RUNTIMES.find((name) => name === wish);
  if (wish && !named) throw usageError(`PYSHRINK_RUNTIME=${wish} names no container runtime.`, `Set it to ${RUNTIMES.join(', ')} or none.`);
  const found: RuntimeName[] = [];
  for (const name of named ? [named] : RUNTIMES) if (await isInstalled(name)) found.push(name);
  if (named && found.length === 0)
    throw new UserError(
      `PYSHRINK_RUNTIME names ${named}, and it is not installed.`,
      `Install the package ${named}, or unset the variable.`,
    );
  return found;
}

/** Whether a runtime makes a control group for the container, in ours. */
export function makesGroup(runtime: RuntimeName | undefined): boolean {
  return runtime !== undefined && RUNTIME[runtime].makesGroup;
}

/** Limits of a container's control group, in which the runtime is too. */
export function limitsOf(run: RunOptions, runtime: RuntimeName | undefined): Limits {
  const pids = limitOfPids(run);
  const inner = makesGroup(runtime); // a group in it has the limit
  return { memory: run.memory, cpus: run.cpus, pids: pids === undefined || inner ? undefined : pids + (runtime ? 1 : 0) };
}
