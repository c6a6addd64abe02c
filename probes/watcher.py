"""Answers the notifications of a seccomp listener, and records the path that each system call names."""

import errno
import fcntl
import os
import struct
import time

from . import paths, processes, seccomp, syscalls

# How exactly facts are dated. Steps of an exercise take longer.
TIME_MILLISECONDS = 10
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence, Set, Tuple

    from .journal import Journal

# SECCOMP_USER_NOTIF_FLAG_CONTINUE: the call goes on as if nobody listened.
CONTINUE = 1
# struct seccomp_notif has 80 bytes, which must be zero when the kernel is asked to fill it in.
NOTIFICATION = bytes(80)
SOCKADDR_UN_SIZE = 110
IO_URING = (
    "the app asked for io_uring, which opens files unseen: while it was watched, the answer was that the kernel has none (ENOSYS), "
    "so it worked without"
)


class Watcher:
    """Answers the notifications of one listener."""

    def __init__(
        self,
        listener: int,
        journal: "Journal",
        architecture: str,
        end: "Callable[[str, str], None]",
        unreadable: "Callable[[int], None]",
    ) -> None:
        """*end*: ends this process and the app, with a last row of facts. *unreadable* is called with a process that waits for
        its system call, and that we can't read. It returns if nothing can be done about that.
        """
        self.end = end
        self.unreadable = unreadable
        self.listener = listener
        self.journal = journal
        self.architecture = architecture
        self.reader = paths.Reader()
        # Facts that are in the journal already.
        self.seen: Set[Tuple[int, str, bytes]] = set()
        self.time = 0
        # Processes that the journal names, with the program that they run now.
        self.processes: Set[int] = set()
        self.warned: Set[str] = set()
        self.chrooted = False
        column = syscalls.ARCHITECTURES[architecture][1]
        self.io_uring_setup = syscalls.ARCHITECTURES[architecture][3]
        self.calls = {row[column]: row[3] for row in syscalls.TABLE if row[column] is not None}
        try:
            # Runs the two sides on one CPU in turn, which is faster (Linux 6.6 and later).
            fcntl.ioctl(listener, seccomp.IOCTL_SET_FLAGS, seccomp.FD_SYNC_WAKE_UP)
        except OSError:
            pass

    def run(self) -> None:
        """Answers until this process ends."""
        ioctl, unpack, pack = fcntl.ioctl, struct.Struct("=QIIiIQ6Q").unpack, struct.Struct("=QqiI").pack
        recv, send, listener, calls = seccomp.IOCTL_RECV, seccomp.IOCTL_SEND, self.listener, self.calls
        while True:
            try:
                notification = ioctl(listener, recv, NOTIFICATION)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT):  # ENOENT: the caller has died
                    continue
                self.end("error", f"the listener can't be read any more: {error.strerror}")
            cookie, tid, _, number, _, _, a0, a1, a2, a3, a4, a5 = unpack(notification)
            if number == self.io_uring_setup:
                self.refuse_io_uring(cookie)
                continue
            try:
                arguments = (a0, a1, a2, a3, a4, a5)
                for path in calls[number]:
                    self.record(cookie, tid, path, arguments)
            except (FileNotFoundError, ProcessLookupError):
                pass  # the caller has died
            except paths.Unreadable:
                if not self.valid(cookie):
                    continue  # the caller has died, and its folder in /proc belongs to root now
                self.unreadable(tid)
                self.warn("unreadable", "a process changed its user, so that its paths could not be read")
            except Exception as error:  # the app must go on whatever happens here
                self.warn(repr(error), f"the supervisor could not read a call: {error!r}")
            try:
                ioctl(listener, send, pack(cookie, 0, 0, CONTINUE))
            except OSError as error:
                if error.errno == errno.EINVAL:
                    self.end("error", "the kernel can't let a watched call go on (it is older than Linux 5.5)")

    def refuse_io_uring(self, cookie: int) -> None:
        """io_uring opens files unseen. The error says that the kernel does not have it, which programs are prepared for."""
        self.warn("io_uring", IO_URING)
        try:
            fcntl.ioctl(self.listener, seccomp.IOCTL_SEND, struct.pack("=QqiI", cookie, 0, -errno.ENOSYS, 0))
        except OSError:
            pass  # the caller has died

    def warn(self, key: str, text: str) -> None:
        """Records a warning, once for each *key*."""
        if key not in self.warned:
            self.warned.add(key)
            self.journal.add("warning", text)

    def record(self, cookie: int, tid: int, path: "Sequence[Any]", arguments: "Tuple[int, ...]") -> None:
        """Records one path of a call. *path*: as in syscalls.TABLE. Raises Unreadable, and OSError if the caller has died."""
        kind, dirfd = path[0], path[1]
        address = arguments[path[2]]
        if kind == syscalls.SOCKET:
            name = paths.socket_path(self.reader.data(tid, address, SOCKADDR_UN_SIZE))
            if name is None:
                return
        else:
            if address == 0:
                return
            name = self.reader.string(tid, address)
            if name is None:
                return
        if kind == syscalls.OPEN:
            kind_name = paths.open_kind(arguments[path[3]], self.architecture)
        elif kind == syscalls.OPENAT2:
            how = self.reader.data(tid, arguments[path[3]], 8)
            kind_name = paths.open_kind(int.from_bytes(how, "little"), self.architecture)
        else:
            kind_name = paths.KIND_NAMES[kind]
        if kind == syscalls.CHROOT:
            self.chrooted = True
        pid = self.reader.group(tid)[0]
        if name[:1] != b"/":
            descriptor = None if dirfd is None else paths.signed(arguments[dirfd])
            base = paths.base_directory(tid, descriptor)
            if base is None or base[:1] != b"/":
                return
            name = base.rstrip(b"/") + b"/" + name if name else base
        elif self.chrooted:
            name = paths.root_prefix(tid) + name
        key = (pid, kind_name, name)
        if key in self.seen and kind != syscalls.EXEC:
            return
        if not self.valid(cookie):
            return
        self.seen.add(key)
        self.mark_time()
        if pid not in self.processes:
            self.introduce(pid)
        self.journal.add("fact", kind_name, pid, os.fsdecode(name))
        if kind == syscalls.EXEC:
            self.processes.discard(pid)  # its next calls come from another program

    def mark_time(self) -> None:
        """Records the time where it has moved on, so that each fact has one."""
        now = int(time.time() * 1000)
        if abs(now - self.time) >= TIME_MILLISECONDS:  # the clock may go back
            self.time = now
            self.journal.add("time", now)

    def valid(self, cookie: int) -> bool:
        """Whether the caller still waits, so that what was read is its own (NOTIF_ID_VALID, seccomp_unotify(2))."""
        try:
            fcntl.ioctl(self.listener, seccomp.IOCTL_ID_VALID, struct.pack("=Q", cookie))
        except OSError as error:
            return error.errno != errno.ENOENT  # Linux before 5.9 has another number for this request
        return True

    def introduce(self, pid: int) -> None:
        """Records the parent and the program of a process."""
        self.processes.add(pid)
        executable = processes.link(b"/proc/%d/exe" % pid)
        self.journal.add("process", pid, processes.parent_of(str(pid)) or 0, os.fsdecode(executable) if executable else None)
