"""Tries the ways out of a container, and prints for each whether it worked: a JSON object of names and booleans.

    waysout.py SECRET PID ABSTRACT END [WAY...]

SECRET: a file of the computer outside that everybody there can read. PID: a process there. ABSTRACT: name of an abstract
socket there. END: a file to wait for before it ends; `-` for none. WAY: names of the only ways to try.
A way counts as open if it opens a file; nothing of the computer is changed. It is null if what it leads to is not here.
It also leaves links to the secret among the observations, for who reads those.
"""

import ctypes
import errno
import fcntl
import json
import os
import socket
import sys
import time

SECRET, PID, ABSTRACT, END, CHOSEN = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]
OBSERVATIONS = "/.pyshrink/observations"
ABSENT = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOSYS)
SUPERVISOR = os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_REMOUNT, MS_BIND, MNT_DETACH = 32, 4096, 2
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
TIOCSTI = 0x5412
# System call numbers of x86-64 and AArch64 (asm/unistd_64.h, asm-generic/unistd.h).
NUMBERS = {
    "x86_64": {"keyctl": 250, "bpf": 321, "userfaultfd": 323, "name_to_handle_at": 303, "open_by_handle_at": 304},
    "aarch64": {"keyctl": 219, "bpf": 280, "userfaultfd": 282, "name_to_handle_at": 264, "open_by_handle_at": 265},
}[os.uname().machine]


def opens(path, flags=os.O_WRONLY):
    try:
        os.close(os.open(path, flags))
        return True
    except OSError as error:
        return None if error.errno in ABSENT else False


def mounts(source, target, kind, flags=0):
    os.makedirs(target, exist_ok=True)
    return libc.mount(source.encode(), target.encode(), kind.encode(), flags, None) == 0


def alone(way):
    """Runs a way in a child, since it changes the process. Its answer is the exit status."""
    pid = os.fork()
    if pid == 0:
        status = 3
        try:
            worked = way()
            status = 2 if worked is None else int(worked)
        except OSError as error:
            status = 2 if error.errno in ABSENT else 0
        finally:
            os._exit(status)
    status = os.waitpid(pid, 0)[1]
    # Where the kernel ends it for trying, the way is closed. Any other error is one of this program.
    return False if os.WIFSIGNALED(status) else {0: False, 1: True, 2: None}[os.WEXITSTATUS(status)]


def double_chroot():
    os.makedirs("/tmp/inner", exist_ok=True)
    os.chroot("/tmp/inner")
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    return os.path.exists(SECRET)


def through_proc():
    names = [name for name in os.listdir("/proc") if name.isdigit()]
    return any(os.path.exists(f"/proc/{name}/{link}{SECRET}") for name in names for link in ("root", "cwd"))


def through_descriptors():
    for name in os.listdir("/proc/self/fd"):
        path = os.path.join("/proc/self/fd", name)
        if os.path.isdir(path) and os.path.exists(os.path.join(path, "../" * 32 + SECRET[1:])):
            return True
    return False


def disk():
    with open("/proc/partitions") as file:
        rows = [line.split() for line in file.read().splitlines()[2:]]
    if not rows:
        return None
    for major, minor, *_ in rows:
        os.mknod("/tmp/disk", 0o60600, os.makedev(int(major), int(minor)))
        if opens("/tmp/disk", os.O_RDONLY):
            return True
        os.unlink("/tmp/disk")
    return False


def device(name, major, minor):
    found = [opens("/dev/" + name, os.O_RDONLY)]
    for folder in ("/dev/shm/", "/tmp/"):
        if not os.path.exists(folder + name):
            os.mknod(folder + name, 0o20600, os.makedev(major, minor))
        found.append(opens(folder + name, os.O_RDONLY))
    return True if True in found else found[-1]


def cgroup():
    for folder, _, files in os.walk("/sys/fs/cgroup"):
        if "release_agent" in files and opens(os.path.join(folder, "release_agent")):
            return True
        try:
            os.mkdir(os.path.join(folder, "waysout"))
            # The kernel fills a new cgroup. Docker has a plain tmpfs around those of version 1.
            made = os.path.exists(os.path.join(folder, "waysout/cgroup.procs"))
            os.rmdir(os.path.join(folder, "waysout"))
            if made:
                return True
        except OSError:
            pass
    return mounts("cgroup", "/tmp/cgroup", "cgroup2") or mounts("cgroup", "/tmp/cgroup", "cgroup")


def new_namespaces():
    """In a user namespace of its own, a process has all capabilities."""
    return libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0


def behind_masks():
    """What a process may do in a user namespace of its own, where it gets one: the masks must hold there, too."""
    if not new_namespaces():
        return False
    for path in ("/proc/sys", "/proc/kcore", "/proc/sysrq-trigger", "/.pyshrink", "/sys"):
        if libc.umount2(path.encode(), MNT_DETACH) == 0:
            return True
    return mounts("proc", "/tmp/proc", "proc") and opens("/tmp/proc/sys/kernel/core_pattern")


def remounts():
    return any(libc.mount(None, path.encode(), None, MS_REMOUNT | MS_BIND, None) == 0 for path in ("/proc/sys", "/sys", "/.pyshrink"))


def traces(pid):
    if libc.ptrace(PTRACE_ATTACH, pid, None, None) != 0:
        return False
    os.waitpid(pid, 0x40000000)
    libc.ptrace(PTRACE_DETACH, pid, None, None)
    return True


def terminal():
    for path in ("/dev/tty", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"):
        try:
            with open(path, "rb", buffering=0) as file:
                fcntl.ioctl(file, TIOCSTI, b" ")
                return True
        except OSError:
            pass
    return False


def kit():
    for path in ("/.pyshrink/pyshrink_probes/supervisor.py", "/.pyshrink/kit/bin/python3"):
        if opens(path):
            return True
    try:
        os.rename("/.pyshrink/observations", "/.pyshrink/gone")
        return True
    except OSError:
        return opens("/.pyshrink/new", os.O_WRONLY | os.O_CREAT)


def facts():
    """Whether the facts of the supervisor can be reached. Whatever is written under their name must not count, either."""
    folder = OBSERVATIONS
    reached = [name for name in os.listdir(folder) if name.startswith("facts") and opens(os.path.join(folder, name))]
    for name in ("facts-ways-app.jsonl", "facts-ways-exec0.jsonl", "observations/facts-ways-app.jsonl"):
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "a") as file:
            file.write('["fact", "open", 1, "/forged"]\n["needs", "SYS_PTRACE"]\n["exit", 125]\n')
    descriptors = []
    for pid in (1, SUPERVISOR):
        try:
            descriptors += [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            pass
    return bool(reached) or any(opens(path) for path in descriptors)


def abstract():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + ABSTRACT.ljust(107, "\0"))  # Node.js fills the address of the socket with NUL bytes
    return True


def call(name, *arguments):
    if libc.syscall(NUMBERS[name], *arguments) >= 0:
        return True
    return None if ctypes.get_errno() == errno.ENOSYS else False


def handle():
    """A handle of a file, and one of the root directory of ext4 (inode 2), as the exploit "shocker" uses it."""
    folder = os.open("/etc/hosts", os.O_RDONLY)
    own = ctypes.create_string_buffer(b"\x80\0\0\0", 136)
    call("name_to_handle_at", -100, b"/etc/hosts", own, ctypes.create_string_buffer(4), 0)
    guessed = ctypes.create_string_buffer(b"\x08\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0", 16)
    return any(call("open_by_handle_at", folder, value, os.O_RDONLY) for value in (own, guessed))


def plant_links():
    """Links from where the client reads to the secret, and to its folder."""
    if not os.path.isdir(OBSERVATIONS):
        return
    folder = os.path.dirname(SECRET)
    targets = {"imports-99999": SECRET, "imports-99998": folder, "linked": folder}
    if END != "-":
        targets["facts-ways-app.jsonl"] = SECRET  # else the file with forged facts stays there
    for name, target in targets.items():
        path = os.path.join(OBSERVATIONS, name)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(target, path)


WAYS = {
    "double chroot": double_chroot,
    "/proc/PID/root": through_proc,
    "open descriptors": through_descriptors,
    "core_pattern": lambda: opens("/proc/sys/kernel/core_pattern"),
    "uevent_helper": lambda: opens("/sys/kernel/uevent_helper") or opens("/proc/sys/kernel/hotplug"),
    "sysrq": lambda: opens("/proc/sysrq-trigger"),
    "kcore": lambda: os.path.getsize("/proc/kcore") > 0,
    "disk by mknod": disk,
    "cgroup": cgroup,
    "mount": lambda: mounts("tmpfs", "/tmp/mounted", "tmpfs") or mounts("/", "/tmp/mounted", "none", MS_BIND),
    "remount": remounts,
    "new namespaces": new_namespaces,
    "behind the masks in new namespaces": behind_masks,
    "trace the supervisor": lambda: traces(1) or traces(SUPERVISOR),
    "trace a process outside": lambda: traces(PID),
    "terminal": terminal,
    "kit": kit,
    "facts": facts,
    "/dev/kmsg": lambda: device("kmsg", 1, 11),
    "/dev/mem": lambda: device("mem", 1, 1),
    "abstract socket": abstract,
    "keyctl": lambda: call("keyctl", 0, -3, 1, 0, 0),
    "bpf": lambda: call("bpf", 0, ctypes.create_string_buffer(b"\x02\0\0\0\x04\0\0\0\x04\0\0\0\x01\0\0\0", 128), 128),
    "userfaultfd": lambda: call("userfaultfd", 0) or call("userfaultfd", 1),
    "open_by_handle_at": handle,
}

print(json.dumps({name: alone(way) for name, way in WAYS.items() if not CHOSEN or name in CHOSEN}), flush=True)
plant_links()
while END != "-" and not os.path.exists(END):
    time.sleep(0.02)
