import { quote as quoteWords } from 'shell-quote';

/** What is mounted in a container's mount namespace. All paths are of this computer, except each `target`. */
export interface MountPlan {
  /** Directory that becomes the root of the container. */
  root: string;
  rootfs:
    | { kind: 'overlay'; lower: readonly string[]; upper: string; work: string; fuse: boolean; userNamespace: boolean }
    /** `root` holds a copy of the image that only this container uses. */
    | { kind: 'copy' };
  readOnly: boolean;
  binds: readonly Bind[];
  tmpfs: readonly { target: string; options: string }[];
  /** Bytes of /dev/shm. */
  shmSize: number;
  hostname: string | undefined;
  /** Variables of the container's processes. The script itself runs with those of this process. */
  environment: Readonly<Record<string, string>>;
}

export interface Bind {
  source: string;
  target: string;
  readOnly: boolean;
  /** Kind of the source. A file is not mounted where the image has a symbolic link at its target. */
  type: 'file' | 'directory';
}

/** Device files that every container gets (OCI runtime specification, "Default Devices"). */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * A script for sh(1), the first process of new namespaces. It mounts the root file system with mount(8), writes its process
 * id to descriptor 3, and executes `command` under chroot(1). The mounts end with the namespaces.
 */
export function setupScript(plan: MountPlan, command: readonly string[]): string {
  const { root, rootfs, binds, tmpfs } = plan;
  const lines = ['set -eu', 'umask 022', 'PATH=$PATH:/usr/sbin:/sbin', 'CHROOT=$(command -v chroot)', `ROOT=${quote(root)}`, FUNCTIONS];
  const environment = Object.entries(plan.environment).map(([name, value]) => quote(`${name}=${value}`));
  if (rootfs.kind === 'overlay') {
    const { lower, upper, work, fuse, userNamespace } = rootfs;
    const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
    lines.push(
      fuse
        ? `fuse-overlayfs -o ${quote(options)} "$ROOT"`
        : `mount -t overlay overlay -o ${quote(userNamespace ? `${options},userxattr` : options)} "$ROOT"`,
    );
  } else {
    lines.push('mount --bind "$ROOT" "$ROOT"');
  }
  lines.push(
    'directory /proc && mount -t proc proc "$ROOT/proc"',
    'directory /sys && mount --rbind /sys "$ROOT/sys"',
    'mount -o remount,bind,ro,nosuid,nodev,noexec "$ROOT/sys"',
    'directory /dev && mount -t tmpfs -o nosuid,mode=755,size=65536k tmpfs "$ROOT/dev"',
    ...DEVICES.map((name) => `touch "$ROOT/dev/${name}" && mount --bind /dev/${name} "$ROOT/dev/${name}"`),
    'ln -s /proc/self/fd "$ROOT/dev/fd"; ln -s /proc/self/fd/0 "$ROOT/dev/stdin"',
    'ln -s /proc/self/fd/1 "$ROOT/dev/stdout"; ln -s /proc/self/fd/2 "$ROOT/dev/stderr"',
    'mkdir "$ROOT/dev/pts" "$ROOT/dev/shm" "$ROOT/dev/mqueue"; ln -s pts/ptmx "$ROOT/dev/ptmx"',
    'mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=0620 devpts "$ROOT/dev/pts"',
    `mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=${plan.shmSize} shm "$ROOT/dev/shm"`,
    'mount -t mqueue -o nosuid,nodev,noexec mqueue "$ROOT/dev/mqueue" 2>/dev/null || :',
  );
  for (const { target, options } of tmpfs)
    lines.push(
      `directory ${quote(target)}`,
      `mount -t tmpfs -o ${quote(['nosuid,nodev,noexec', options].filter(Boolean).join(','))} tmpfs "$ROOT"${quote(target)}`,
    );
  for (const { source, target, readOnly, type } of binds) {
    const at = `"$ROOT"${quote(target)}`;
    const mount = `mount --${type === 'directory' ? 'r' : ''}bind ${quote(source)} ${at}`;
    const protect = readOnly ? ` && mount -o remount,bind,ro ${at}` : '';
    lines.push(
      type === 'file' ? `if file ${quote(target)}; then ${mount}${protect}; fi` : `directory ${quote(target)}`,
      ...(type === 'directory' ? [`${mount}${protect}`] : []),
    );
  }
  if (plan.hostname !== undefined) lines.push(`hostname ${quote(plan.hostname)}`);
  if (plan.readOnly) lines.push('mount -o remount,bind,ro "$ROOT"');
  lines.push(
    'cd /',
    'read -r PID REST </proc/self/stat', // this /proc is still the computer's, so it has the number that the client needs
    'echo "$PID" >&3',
    'exec 3>&-',
    `exec env -i ${environment.join(' ')} "$CHROOT" "$ROOT" ${command.map(quote).join(' ')}`,
  );
  return `${lines.join('\n')}\n`;
}

/** Functions that make mount points. They refuse symbolic links, since a link could lead out of the root. */
const FUNCTIONS = `plain() {
  at=$ROOT rest=\${1#/}
  while [ -n "$rest" ]; do
    at=$at/\${rest%%/*}
    case $rest in */*) rest=\${rest#*/} ;; *) rest= ;; esac
    if [ -L "$at" ]; then return 1; fi
  done
}
directory() {
  plain "$1" || { echo "pyshrink: $1 is a symbolic link in the image: nothing can be mounted there" >&2; exit 125; }
  mkdir -p "$ROOT$1"
}
file() {
  plain "$1" || return 1
  mkdir -p "$ROOT\${1%/*}"
  [ -e "$ROOT$1" ] || : >"$ROOT$1"
}`;

/** Quotes text as one word for sh(1). */
export function quote(word: string): string {
  return quoteWords([word]);
}
