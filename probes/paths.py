"""Reads the paths that a stopped system call names from its caller's memory, and makes them absolute."""

import os
import time

from . import syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional, Tuple

AT_FDCWD = -100
O_ACCMODE, O_CREAT, O_TRUNC, O_DIRECTORY_X86, O_DIRECTORY_ARM = 3, 0o100, 0o1000, 0o200000, 0o40000
AF_UNIX = 1
PATH_MAX = 4096
# Bytes of a path that are read at first: most paths are shorter.
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
    """The caller's memory cannot be read: the caller has changed its user, or is not dumpable (ptrace(2))."""


def read_memory(fd: int, address: int, size: int) -> bytes:
    try:
        return os.pread(fd, size, address)
    except (OSError, OverflowError):
        return b""


def signed(value: int) -> int:
    """An int argument as the kernel sees it: the low 32 bits, signed."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


class Reader:
    """Reads strings from other processes. Keeps /proc/TID/mem open between calls.

    A descriptor belongs to the memory that the thread had when it was opened: after execve(2) it reads nothing, and is
    opened again. The kernel reuses a thread id only after it went through the whole range, so a cache of a few seconds
    is safe.
    """

    def __init__(self) -> None:
        self.threads: Dict[int, Tuple[int, int]] = {}
        self.since = time.monotonic()

    def group(self, tid: int) -> "Tuple[int, int]":
        """(process id of the thread, descriptor of its memory). Raises Unreadable, FileNotFoundError or ProcessLookupError."""
        entry = self.threads.get(tid)
        return entry if entry is not None else self.open(tid)

    def open(self, tid: int) -> "Tuple[int, int]":
        now = time.monotonic()
        if len(self.threads) > CACHED_THREADS or now - self.since > CACHE_SECONDS:
            for _, fd in self.threads.values():
                os.close(fd)
            self.threads.clear()
            self.since = now
        try:
            fd = os.open(f"/proc/{tid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except PermissionError:
            raise Unreadable from None
        tgid = tid
        try:
            with open(f"/proc/{tid}/status", "rb") as status:
                for line in status:
                    if line.startswith(b"Tgid:"):
                        tgid = int(line[5:])
                        break
        except OSError:
            pass
        entry = self.threads[tid] = (tgid, fd)
        return entry

    def forget(self, tid: int) -> None:
        entry = self.threads.pop(tid, None)
        if entry is not None:
            os.close(entry[1])

    def string(self, tid: int, address: int) -> "Optional[bytes]":
        """A C string without its end, or None if the address cannot be read."""
        for _ in (0, 1):
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

    def data(self, tid: int, address: int, size: int) -> bytes:
        """At most *size* bytes; none if the address cannot be read."""
        for _ in (0, 1):
            data = read_memory(self.group(tid)[1], address, size)
            if data:
                return data
            self.forget(tid)
        return b""


def link_of_caller(path: bytes) -> "Optional[bytes]":
    """What a link in the caller's folder of /proc leads to; None if it has ended. Raises Unreadable."""
    try:
        return os.readlink(path)
    except PermissionError:
        raise Unreadable from None
    except OSError:
        return None


def base_directory(tid: int, dirfd: "Optional[int]") -> "Optional[bytes]":
    """The directory that a relative path starts from."""
    if dirfd is None or dirfd == AT_FDCWD:
        return link_of_caller(b"/proc/%d/cwd" % tid)
    return link_of_caller(b"/proc/%d/fd/%d" % (tid, dirfd))


def root_prefix(tid: int) -> bytes:
    """What to put before an absolute path of a process that may have called chroot(2)."""
    root = link_of_caller(b"/proc/%d/root" % tid)
    return b"" if root in (None, b"/") else root


def open_kind(flags: int, architecture: str) -> str:
    """What kind of fact a call with these flags of open(2) is."""
    directory = O_DIRECTORY_ARM if architecture == "aarch64" else O_DIRECTORY_X86
    if flags & directory:
        return "list"
    if flags & (O_ACCMODE | O_CREAT | O_TRUNC):
        return "write"
    return "open"


def socket_path(data: bytes) -> "Optional[bytes]":
    """The path in a struct sockaddr_un (unix(7)), or None for other families and abstract names."""
    if len(data) < 3 or int.from_bytes(data[:2], "little") != AF_UNIX or data[2] == 0:
        return None
    return data[2:].split(b"\0", 1)[0]
