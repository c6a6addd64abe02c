import { DEVICES, MASKED, READ_ONLY } from './masked.js';
import type { NamespaceSupport } from './namespaces.js';
import { quote } from './quote.js';

/** What is mounted in a container's mount namespace. All paths are of this computer, except each `target`. */
export interface MountPlan {
  /** Directory that becomes the root of the container. */
  root: string;
  rootfs:
    | { kind: 'overlay'; lower: readonly string[]; upper: string; work: string; userNamespace: boolean }
    /** `root` has it already: a copy of the image, or what fuse-overlayfs has mounted there. Only this container uses it. */
    | { kind: 'ready' };
  readOnly: boolean;
  binds: readonly Bind[];
  tmpfs: readonly { target: string; options: string }[];
  /** Bytes of /dev/shm. */
  shmSize: number;
  hostname: string | undefined;
  /** Whether it has a network namespace of its own, so that /sys shows its own devices. */
  isolated: boolean;
}

export interface Bind {
  source: string;
  target: string;
  readOnly: boolean;
  /** Kind of the source. */
  type: 'file' | 'directory';
  /** Whether it is a device file, or may have some. Elsewhere, device files can't be opened. */
  devices?: true;
  /** The device that it is, where it is one. */
  device?: Device;
}

/** A device file. `access`: r, w and m, as in an OCI configuration. */
export interface Device {
  type: 'c' | 'b';
  major: number;
  minor: number;
  access: string;
}

/** How a container gets a writable view of its image. @param folders those of an overlay: the lower ones from the top down */
export function rootfsOf(
  { overlay, user, runtime }: Pick<NamespaceSupport, 'overlay' | 'user' | 'runtime'>,
  folders: { lower: readonly string[]; upper: string; work: string },
): MountPlan['rootfs'] {
  if (overlay !== 'kernel') return { kind: 'ready' };
  return { kind: 'overlay', ...folders, userNamespace: user !== 'root' && !(runtime && user === 'identity') };
}

/** Where pivot_root(2) puts the file system of this computer, until it is taken away. */
export const COMPUTER = '/dev/.computer';

/**
 * A script for sh(1) that runs in a container's new namespaces. It mounts the root file system with mount(8) and makes it
 * the root directory with pivot_root(8). The mounts end with the namespaces.
 */
export function setupScript(plan: MountPlan): string {
  const { root, rootfs, binds, tmpfs } = plan;
  // set -e does not see a failure before &&: each step is a command of its own.
  const lines = ['set -eu', 'umask 022', `ROOT=${quote(root)}`, FUNCTIONS, rootfsLine(rootfs)];
  lines.push(
    'mount -o remount,bind,nosuid,nodev "$ROOT"',
    'directory /proc',
    'mount -t proc -o nosuid,nodev,noexec proc "$ROOT/proc"',
    `directory /sys && { ${plan.isolated ? 'mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$ROOT/sys" 2>/dev/null || ' : ''}mount --rbind /sys "$ROOT/sys"; }`,
    'protect_below ro,nosuid,nodev,noexec "$ROOT/sys"',
    'directory /dev',
    'mount -t tmpfs -o nosuid,nodev,mode=755,size=65536k tmpfs "$ROOT/dev"',
    ...DEVICES.map((name) => `touch "$ROOT/dev/${name}"\nmount --bind /dev/${name} "$ROOT/dev/${name}"`),
    'ln -s /proc/self/fd "$ROOT/dev/fd"; ln -s /proc/self/fd/0 "$ROOT/dev/stdin"',
    'ln -s /proc/self/fd/1 "$ROOT/dev/stdout"; ln -s /proc/self/fd/2 "$ROOT/dev/stderr"',
    'mkdir "$ROOT/dev/pts" "$ROOT/dev/shm" "$ROOT/dev/mqueue"; ln -s pts/ptmx "$ROOT/dev/ptmx"',
    'mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=0620 devpts "$ROOT/dev/pts"',
    `mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=${plan.shmSize} shm "$ROOT/dev/shm"`,
    'mount -t mqueue -o nosuid,nodev,noexec mqueue "$ROOT/dev/mqueue" 2>/dev/null || :',
    ...READ_ONLY.map((path) => `if [ -e "$ROOT${path}" ]; then mount --bind "$ROOT${path}" "$ROOT${path}"; protect ro "$ROOT${path}"; fi`),
    ...MASKED.map((path) => `mask "$ROOT${path}"`),
  );
  for (const { target, options } of tmpfs)
    lines.push(
      `directory ${quote(target)}`,
      `mount -t tmpfs -o ${quote(['nosuid,nodev,noexec', options].filter(Boolean).join(','))} tmpfs "$ROOT"${quote(target)}`,
    );
  for (const { source, target, readOnly, type, devices } of binds) {
    const at = `"$ROOT"${quote(target)}`;
    const options = [...(readOnly ? ['ro'] : []), 'nosuid', ...(devices ? [] : ['nodev'])].join(',');
    lines.push(
      `${type} ${quote(target)}`,
      `mount --${type === 'directory' ? 'r' : ''}bind ${quote(source)} ${at}; protect ${options} ${at}`,
    );
  }
  if (plan.hostname !== undefined) lines.push(`hostname ${quote(plan.hostname)}`);
  if (plan.readOnly) lines.push('mount -o remount,bind,ro "$ROOT"');
  lines.push(`mkdir "$ROOT${COMPUTER}"`, 'cd "$ROOT"', `pivot_root . .${COMPUTER}`);
  return `${lines.join('\n')}\n`;
}

/** Mounts the root file system at $ROOT. */
export function rootfsLine(rootfs: MountPlan['rootfs']): string {
  if (rootfs.kind === 'ready') return 'mount --bind "$ROOT" "$ROOT"';
  const { lower, upper, work, userNamespace } = rootfs;
  const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
  return `mount -t overlay overlay -o ${quote(userNamespace ? `${options},userxattr` : options)} "$ROOT"`;
}

/**
 * Functions for mounts. Those that make mount points refuse symbolic links, since a link could lead out of the root.
 * `protect_below` sets options on a mount and all mounts below it: `remount` changes one mount only. It repeats the options
 * that a mount has, since a user namespace may not take them away. Octal numbers in mountinfo stand for some bytes of a path
 * (proc(5)). Where it finds no mount, all fails: what it should protect is open.
 */
export const FUNCTIONS = `plain() {
  at=$ROOT rest=\${1#/}
  while [ -n "$rest" ]; do
    at=$at/\${rest%%/*}
    case $rest in */*) rest=\${rest#*/} ;; *) rest= ;; esac
    case \${at##*/} in ..) return 1 ;; esac
    if [ -L "$at" ]; then return 1; fi
  done
}
require_plain() {
  plain "$1" || { echo "pyshrink: $1 is a symbolic link in the image: nothing can be mounted there" >&2; exit 125; }
}
directory() {
  require_plain "$1"
  mkdir -p "$ROOT$1"
}
file() {
  require_plain "$1"
  mkdir -p "$ROOT\${1%/*}"
  [ -e "$ROOT$1" ] || : >"$ROOT$1"
}
protect() {
  mount -o "remount,bind,$1" "$2"
}
protect_below() {
  protected=
  while read -r _ _ _ _ at options _; do
    case $at in *\\\\*) at=$(printf %b "$(printf %s "$at" | sed 's/\\\\/\\\\0/g')") ;; esac
    case $at in "$2" | "$2"/*)
      mount -o "remount,bind,$options,$1" "$at"
      protected=yes ;;
    esac
  done </proc/self/mountinfo
  [ -n "$protected" ] || { echo "pyshrink: $2 is no mount, so it can not be protected" >&2; exit 125; }
}
mask() {
  if [ -d "$1" ]; then mount -t tmpfs -o ro,nosuid,nodev,noexec,size=0k tmpfs "$1"
  elif [ -e "$1" ]; then mount --bind /dev/null "$1"; fi
}`;
