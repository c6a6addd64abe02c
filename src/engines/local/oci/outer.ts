import { quote } from '../quote.js';
import { FUNCTIONS, type MountPlan, rootfsLine } from '../setup.js';

/**
 * A network of its own belongs to this computer's user namespace, so capabilities of the container's mean nothing there. As Docker
 * does, all ports are free for all users, and ping works (ip-sysctl of the kernel's documentation).
 */
const OWN_NETWORK = `for line in 'ip_unprivileged_port_start 0' 'ping_group_range 0 2147483647'; do
  echo "\${line#* }" >"/proc/sys/net/ipv4/\${line%% *}" 2>/dev/null || :
done
`;

/** What is mounted around a container before its runtime starts. */
export interface OuterPlan {
  /** Directory where the root file system is mounted. */
  root: string;
  rootfs: MountPlan['rootfs'];
  /** Empty directory where a read-only copy of /sys is mounted; undefined where the runtime mounts its own. */
  sys: string | undefined;
  /** Whether it has a network namespace of its own, so that /sys shows its own devices. */
  isolated: boolean;
  /** Files by which it enters its control group. */
  doors: readonly string[];
  hideCgroups: boolean;
  /** Command line of the runtime. */
  runtime: readonly string[];
}

/**
 * A script for sh(1) that runs in a mount namespace and a process table of its own and becomes the runtime. All ends with
 * its process: the mounts, the runtime, and the container. Its control is descriptor 3: it tells its number, and waits until
 * the container may start.
 */
export function outerScript({ root, rootfs, sys, isolated, doors, hideCgroups, runtime }: OuterPlan): string {
  return `set -eu
cd /
umask 022
${doors.map((door) => `echo 0 >${quote(door)}\n`).join('')}read -r PID REST </proc/self/stat # this /proc is still the computer's, so it has the number that the client needs
ROOT=${quote(root)}
${FUNCTIONS}
mount -t proc -o nosuid,nodev,noexec proc /proc
${isolated ? OWN_NETWORK : ''}${rootfsLine(rootfs)}
mount -o remount,bind,nosuid,nodev "$ROOT"
${sys === undefined ? '' : `${isolated ? `mount -t sysfs sysfs ${quote(sys)} 2>/dev/null || ` : ''}mount --rbind /sys ${quote(sys)}\nprotect_below ro,nosuid,nodev,noexec ${quote(sys)}\n`}${
  hideCgroups ? 'mount -t tmpfs -o ro,nosuid,nodev,noexec,size=0k tmpfs /sys/fs/cgroup\n' : ''
}echo "$PID" >&3
read -r LINE <&3 || exit 125
exec 3>&-
exec ${runtime.map(quote).join(' ')}
`;
}
