"""Turns one seccomp notification into facts: reads the path from the caller's memory and makes it absolute."""

import os
import time

from . import syscalls

AT_FDCWD = -100
O_WRITE, O_CREAT, O_TRUNC, O_DIRECTORY_X86, O_DIRECTORY_ARM = 3, 0o100, 0o1000, 0o200000, 0o40000
AF_UNIX = 1
PATH_MAX = 4096
FIRST_READ = 256
CACHED_THREADS = 256
CACHE_SECONDS = 5

KIND_NAMES = {
    syscalls.LOOKUP: "lookup",
    syscalls.EXEC: "exec",
    syscalls.CHDIR: "chdir",
    syscalls.CHROOT: "chdir",
    syscalls.CREATE: "create",
    syscalls.REMOVE: "remove",
    syscalls.CHANGE: "change",
    syscalls.SOCKET: "connect",
}


class Unreadable(Exception):
    """The caller's memory can't be read: it changed its uid, or is not dumpable."""


def read_memory(fd, address, size):
    try:
        return os.pread(fd, size, address)
    except (OSError, OverflowError):
        return b""


def descendants(ancestor):
    """Numbers of all processes here, as text; with *ancestor* of that one and those below it."""
    numbers = [name for name in os.listdir("/proc") if name.isdigit()]
    if ancestor is None:
        return numbers
    parents = {}
    for name in numbers:
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
    found = {ancestor}
    more = found
    while more:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found = found | more
    return [str(pid) for pid in found if pid in parents]


def signed(value):
    """An int argument as the kernel sees it: the low 32 bits, signed."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


class Reader:
    """Reads strings from other processes, with /proc/TID/mem kept open between calls.

    A descriptor belongs to the memory that the thread had when it was opened: after execve it reads nothing, and is
    reopened. Thread ids come round again only after the whole range was used, so a cache of few seconds is safe.
    """

    def __init__(self):
        self.threads = {}
        self.since = time.monotonic()

    def group(self, tid):
        """(thread group id, descriptor of its memory) of a thread."""
        entry = self.threads.get(tid)
        return entry if entry is not None else self.open(tid)

    def open(self, tid):
        now = time.monotonic()
        if len(self.threads) > CACHED_THREADS or now - self.since > CACHE_SECONDS:
            for _, fd in self.threads.values():
                os.close(fd)
            self.threads.clear()
            self.since = now
        try:
            fd = os.open("/proc/%d/mem" % tid, os.O_RDONLY | os.O_CLOEXEC)
        except PermissionError:
            raise Unreadable()
        tgid = tid
        try:
            with open("/proc/%d/status" % tid, "rb") as status:
                for line in status:
                    if line.startswith(b"Tgid:"):
                        tgid = int(line[5:])
                        break
        except OSError:
            pass
        entry = self.threads[tid] = (tgid, fd)
        return entry

    def forget(self, tid):
        entry = self.threads.pop(tid, None)
        if entry is not None:
            os.close(entry[1])

    def string(self, tid, address):
        """The bytes of a C string, or None where the address can't be read."""
        for attempt in (0, 1):
            fd = self.group(tid)[1]
            data = read_memory(fd, address, FIRST_READ)
            end = data.find(b"\0")
            if end >= 0:
                return data[:end]
            if data:
                data = read_memory(fd, address, PATH_MAX)
                end = data.find(b"\0")
                return data[:end] if end >= 0 else None
            self.forget(tid)
        return None

    def bytes(self, tid, address, size):
        for attempt in (0, 1):
            data = read_memory(self.group(tid)[1], address, size)
            if data:
                return data
            self.forget(tid)
        return b""


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return None


def link_of_caller(path):
    try:
        return os.readlink(path)
    except PermissionError:
        raise Unreadable()
    except OSError:
        return None


def base_directory(tid, dirfd):
    if dirfd is None or dirfd == AT_FDCWD:
        return link_of_caller(b"/proc/%d/cwd" % tid)
    return link_of_caller(b"/proc/%d/fd/%d" % (tid, dirfd))


def root_prefix(tid):
    root = link_of_caller(b"/proc/%d/root" % tid)
    return b"" if root in (None, b"/") else root


def open_kind(flags, machine):
    directory = O_DIRECTORY_ARM if machine == "aarch64" else O_DIRECTORY_X86
    if flags & directory:
        return "list"
    if flags & (O_WRITE | O_CREAT | O_TRUNC):
        return "write"
    return "open"


def socket_path(data):
    """The path in a struct sockaddr_un, or None for other families and abstract names."""
    if len(data) < 3 or int.from_bytes(data[:2], "little") != AF_UNIX or data[2] == 0:
        return None
    return data[2:].split(b"\0", 1)[0]
