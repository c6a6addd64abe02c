import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type Dockerode from 'dockerode';
import { usageError } from '../../errors.js';
import { type ContainerSpec, KIT_MOUNT, OBSERVATIONS } from '../engine.js';
import { type Mount, mountsOf } from '../mounts.js';
import { parseDevice, parseGpus, parsePublication, parseUlimit } from '../resources.js';

/**
 * The request body that creates a container (Docker Engine API, "ContainerCreate").
 * @param volumeOf finds the volume to mount for a name that the user gave; '' for a volume without a name
 * @param profiles how the daemon takes seccomp profiles
 */
export async function createOptions(
  spec: ContainerSpec,
  labels: Record<string, string>,
  volumeOf: (name: string) => Promise<string>,
  profiles: SeccompProfiles = 'content',
): Promise<Dockerode.ContainerCreateOptions> {
  const { run } = spec;
  const ports = run.publish.map(parsePublication);
  const mounts = mountsOf(run);
  const binds = await Promise.all(mounts.filter(({ type }) => type !== 'tmpfs').map((mount) => bindOf(mount, volumeOf)));
  return {
    Image: spec.image,
    Entrypoint: spec.command.slice(0, 1),
    Cmd: spec.command.slice(1),
    Env: run.env,
    Labels: labels,
    AttachStdin: spec.attachInput,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: spec.attachInput,
    StdinOnce: spec.attachInput,
    Tty: run.tty ?? false,
    // The daemon's own health checks would start processes that nobody watches.
    Healthcheck: { Test: ['NONE'] },
    ExposedPorts: Object.fromEntries(ports.map(({ container, protocol }) => [`${container}/${protocol}`, {}])),
    ...(run.user !== undefined && { User: run.user }),
    ...(run.workdir !== undefined && { WorkingDir: run.workdir }),
    ...(run.hostname !== undefined && { Hostname: run.hostname }),
    ...(run.platform !== undefined && { platform: run.platform }),
    // No Init: the supervisor is the init process. Another one would run as the app's user, which could trace it (ptrace(2)).
    HostConfig: {
      Binds: binds,
      Mounts: kitMounts(spec),
      LogConfig: { Type: 'none', Config: {} },
      ReadonlyRootfs: run.readOnly,
      CapAdd: run.capAdd,
      CapDrop: run.capDrop,
      SecurityOpt: await securityOptions(run.securityOpt, profiles),
      GroupAdd: run.groupAdd,
      ExtraHosts: run.addHost,
      Tmpfs: Object.fromEntries(mounts.filter(({ type }) => type === 'tmpfs').map(({ target, options }) => [target, options.join(',')])),
      PortBindings: Object.fromEntries(
        ports.map(({ address, host, container, protocol }) => [`${container}/${protocol}`, [{ HostIp: address, HostPort: host }]]),
      ),
      Ulimits: run.ulimit.map(parseUlimit).map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
      Devices: run.device
        .map(parseDevice)
        .map(({ host, container, permissions }) => ({ PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions })),
      ...(run.gpus !== undefined && { DeviceRequests: [gpuRequest(run.gpus)] }),
      ...(run.network !== undefined && { NetworkMode: run.network }),
      ...(run.memory !== undefined && { Memory: run.memory }),
      ...(run.pidsLimit !== undefined && { PidsLimit: run.pidsLimit }),
      ...(run.cpus !== undefined && { NanoCpus: Math.round(run.cpus * 1e9) }),
      ...(run.shmSize !== undefined && { ShmSize: run.shmSize }),
    },
  };
}

/** Name of the volume that holds the observations of a session, by that of its kit. */
export function observationsVolume(kit: string): string {
  return `${kit}-${OBSERVATIONS}`;
}

/**
 * The kit and the place for observations. They are two volumes: an app must not change what runs beside it, but its processes
 * write observations, and a part of a volume can't be mounted (before Docker 26).
 */
function kitMounts({ volume, role }: ContainerSpec): Dockerode.MountSettings[] {
  return [
    { Type: 'volume', Source: volume, Target: KIT_MOUNT, ReadOnly: role === 'app' },
    { Type: 'volume', Source: observationsVolume(volume), Target: `${KIT_MOUNT}/${OBSERVATIONS}` },
  ];
}

async function bindOf({ type, source, target, readOnly, options }: Mount, volumeOf: (name: string) => Promise<string>): Promise<string> {
  const from = type === 'volume' ? await volumeOf(source ?? '') : source;
  const words = [readOnly ? 'ro' : 'rw', ...options];
  return `${from}:${target}:${words.join(',')}`;
}

/**
 * How a daemon takes the seccomp profile of a container: Docker the content of the file, as the docker CLI sends it; Podman
 * (up to 5 at least) its path on the daemon's computer, as `podman run` gives it (specgen, "SeccompProfilePath").
 */
export type SeccompProfiles = 'content' | 'path';

/** Whether a daemon has taken the content of a seccomp profile for a path: so says Podman's specgen/generate/security_linux.go. */
export function takesPaths(message: string): boolean {
  return /opening seccomp profile failed/.test(message);
}

/**
 * Values of --security-opt as the daemon takes them.
 * @throws UserError (usage) for a seccomp profile that can't be read
 */
function securityOptions(options: readonly string[], profiles: SeccompProfiles): Promise<string[]> {
  return Promise.all(
    options.map(async (text) => {
      const file = /^seccomp[=:](.*)$/.exec(text)?.[1];
      if (file === undefined || file === 'unconfined' || file === 'builtin' || file.startsWith('{')) return text;
      try {
        const content = JSON.stringify(JSON.parse(await readFile(file, 'utf8')));
        return `seccomp=${profiles === 'content' ? content : resolve(file)}`;
      } catch (error) {
        throw usageError(
          `--security-opt ${text}: the profile can't be read: ${(error as Error).message}`,
          'Name a file with a seccomp profile in JSON.',
        );
      }
    }),
  );
}

function gpuRequest(text: string): Dockerode.DeviceRequest {
  const { count, devices } = parseGpus(text);
  return { Driver: '', Count: count, DeviceIDs: devices, Capabilities: [['gpu']], Options: {} };
}
