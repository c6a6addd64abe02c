import { MASKED, READ_ONLY } from '../masked.js';
import type { Bind } from '../setup.js';
import type { Identity } from '../user.js';
import { seccompProfile } from './seccomp.js';

/** What a container is made of. All paths are of this computer, except each `target` and `cwd`. */
export interface OciPlan {
  /** Directory with its root file system. */
  root: string;
  readOnly: boolean;
  binds: readonly Bind[];
  tmpfs: readonly { target: string; options: string }[];
  /** Directory that becomes /sys, mounted read-only; undefined where it has a network namespace that its runtime makes. */
  sys: string | undefined;
  /** Bytes of /dev/shm. */
  shmSize: number;
  hostname: string | undefined;
  /** The user namespace: rows of `INSIDE OUTSIDE COUNT` for users and for groups. Undefined where it has none of its own. */
  mappings: { users: readonly Mapping[]; groups: readonly Mapping[] } | undefined;
  /** Path of the control group that the runtime makes, below the mount of each controller; undefined where it makes none. */
  cgroup: string | undefined;
  /** Limit of processes and threads, where the runtime makes the control group. */
  pids: number | undefined;
  /** Who answers that system calls newer than the seccomp profile do not exist. */
  newCalls: 'runtime' | 'profile';
  process: ProcessPlan;
}

export type Mapping = readonly [inside: number, outside: number, count: number];

export interface ProcessPlan {
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
  user: Identity;
  cwd: string;
  /** Names without `CAP_`. */
  capabilities: readonly string[];
  noNewPrivileges: boolean;
  limits: readonly { name: string; soft: number; hard: number }[];
}

/** The process object of config.json, which `exec --process` reads too (OCI runtime specification, config.md, "Process"). */
export function ociProcess({ args, environment, user, cwd, capabilities, noNewPrivileges, limits }: ProcessPlan) {
  const named = capabilities.map((name) => `CAP_${name}`);
  return {
    terminal: false,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.groups },
    args,
    env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    cwd,
    capabilities: { bounding: named, effective: named, permitted: named, inheritable: [], ambient: [] },
    ...(noNewPrivileges && { noNewPrivileges }), // youki 0.7 takes a false one as true, and loads the profile too late
    rlimits: limits.map(({ name, soft, hard }) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft: unlimited(soft), hard: unlimited(hard) })),
  };
}

/** RLIM_INFINITY of 64 bits has no exact number in JavaScript. The largest exact one is more than any limit in use. */
function unlimited(limit: number): number {
  return limit < 0 ? Number.MAX_SAFE_INTEGER : limit;
}

/**
 * config.json of an OCI bundle (OCI runtime specification 1.0.2, config.md and config-linux.md). Mounts, paths and devices
 * are those of Docker (moby, oci/defaults.go).
 * @param architecture as `process.arch` has it
 */
export function ociConfig(plan: OciPlan, architecture: string) {
  const { root, readOnly, hostname, mappings, cgroup, sys, process } = plan;
  const namespaces = ['pid', 'ipc', 'uts', 'mount', ...(mappings ? ['user'] : []), ...(sys === undefined ? ['network'] : [])];
  const seccomp = seccompProfile(process.capabilities, architecture, plan.newCalls);
  return {
    ociVersion: '1.0.2',
    root: { path: root, readonly: readOnly },
    ...(hostname !== undefined && { hostname }),
    process: ociProcess(process),
    mounts: mountsOf(plan),
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      ...(mappings && { uidMappings: mappings.users.map(mapping), gidMappings: mappings.groups.map(mapping) }),
      ...(cgroup !== undefined && { cgroupsPath: cgroup }),
      resources: {
        // The runtime allows the devices that it makes itself.
        ...(cgroup !== undefined && {
          devices: [{ allow: false, access: 'rwm' }, ...plan.binds.flatMap(({ device }) => (device ? [{ allow: true, ...device }] : []))],
        }),
        ...(cgroup !== undefined && plan.pids !== undefined && { pids: { limit: plan.pids } }),
      },
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
      ...(seccomp && { seccomp }),
    },
  };
}

function mapping([containerID, hostID, size]: Mapping) {
  return { containerID, hostID, size };
}

function mountsOf({ binds, tmpfs, sys, shmSize }: OciPlan) {
  const special = (destination: string, type: string, options: string[]) => ({ destination, type, source: type, options });
  return [
    special('/proc', 'proc', ['nosuid', 'noexec', 'nodev']),
    special('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    special('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']),
    special('/dev/mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
    { ...special('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${shmSize}`]), source: 'shm' },
    sys === undefined
      ? special('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro'])
      : { destination: '/sys', type: 'bind', source: sys, options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] },
    ...tmpfs.map(({ target, options }) =>
      special(target, 'tmpfs', ['nosuid', 'nodev', 'noexec', ...options.split(',').filter((option) => option !== '')]),
    ),
    ...binds.map(({ source, target, readOnly, devices }) => ({
      destination: target,
      type: 'bind',
      source,
      options: ['rbind', 'rprivate', 'nosuid', ...(devices ? [] : ['nodev']), ...(readOnly ? ['ro'] : [])],
    })),
  ];
}
