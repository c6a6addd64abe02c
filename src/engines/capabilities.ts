import { usageError } from '../errors.js';

/** All capabilities in the order of their numbers (linux/capability.h). */
const NAMES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT ' +
  'SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP ' +
  'MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

/** Capabilities that Docker gives a container by default (moby, oci/caps, "DefaultCapabilities"). */
const DEFAULT = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL ' + 'AUDIT_WRITE'
).split(' ');

/**
 * Numbers of the capabilities that a container gets, worked out as Docker does (moby, oci/caps, "TweakCapabilities"): added
 * names win over dropped ones, except after `--cap-add ALL`.
 * @param add names from `--cap-add`, with or without `CAP_`, or `ALL`
 * @param drop names from `--cap-drop`
 * @throws UserError (usage) for an unknown name
 */
export function capabilities(add: readonly string[], drop: readonly string[]): number[] {
  const [added, dropped] = [add.map(normal), drop.map(normal)];
  const has = (name: string) => {
    if (added.includes('ALL')) return !dropped.includes(name);
    return added.includes(name) || (DEFAULT.includes(name) && !dropped.includes(name) && !dropped.includes('ALL'));
  };
  return NAMES.flatMap((name, number) => (has(name) ? [number] : []));
}

/** Names of capabilities, without `CAP_`. @param numbers as {@link capabilities} returns them */
export function namesOf(numbers: readonly number[]): string[] {
  return numbers.map((number) => NAMES[number] as string);
}

/** What probes/enter.py needs until it has become the container's user. All are in the default set. */
const LAUNCHER = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'];
/** One that no app has by default. A process without it can't trace one that has it (ptrace(2), "access mode checking"). */
const GUARD = 'WAKE_ALARM';

/**
 * Numbers of the capabilities that a process has while it enters a container: those of the container, and those that it needs
 * for that. All mean something only inside.
 * @param isolated whether it brings up the loopback interface
 * @param limits whether it may raise limits
 */
export function launching(granted: readonly number[], { isolated, limits }: { isolated: boolean; limits: boolean }): number[] {
  const needed = [...LAUNCHER, GUARD, ...(isolated ? ['NET_ADMIN'] : []), ...(limits ? ['SYS_RESOURCE'] : [])];
  return NAMES.flatMap((name, number) => (granted.includes(number) || needed.includes(name) ? [number] : []));
}

function normal(text: string): string {
  const name = text.toUpperCase().replace(/^CAP_/, '');
  if (name !== 'ALL' && !NAMES.includes(name)) throw usageError(`${text} is not a capability`, 'capabilities(7) lists them.');
  return name;
}
