"""Answers the notifications of a seccomp listener, and writes down the path that each call names."""

import errno
import fcntl
import os
import struct

from . import paths, seccomp, syscalls

CONTINUE = 1
NOTIFICATION = bytes(80)


class Watcher:
    """Answers the notifications of one listener."""

    def __init__(self, listener, journal, machine, can_have_more):
        self.can_have_more = can_have_more
        self.listener = listener
        self.journal = journal
        self.machine = machine
        self.reader = paths.Reader()
        self.seen = set()
        self.processes = set()
        self.warned = set()
        self.chrooted = False
        column = syscalls.ARCHES[machine][1]
        self.calls = {row[column]: row[3] for row in syscalls.TABLE if row[column] is not None}
        try:
            fcntl.ioctl(listener, seccomp.IOCTL_SET_FLAGS, seccomp.FD_SYNC_WAKE_UP)
        except OSError:
            pass

    def run(self):
        ioctl, unpack, pack = fcntl.ioctl, struct.Struct("=QIIiIQ6Q").unpack, struct.Struct("=QqiI").pack
        recv, send, listener, calls = seccomp.IOCTL_RECV, seccomp.IOCTL_SEND, self.listener, self.calls
        while True:
            try:
                notification = ioctl(listener, recv, NOTIFICATION)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT):  # ENOENT: the caller died meanwhile
                    continue
                self.fail("error", "the listener can't be read any more: %s" % error.strerror)
            cookie, tid, _, number, _, _, a0, a1, a2, a3, a4, a5 = unpack(notification)
            try:
                arguments = (a0, a1, a2, a3, a4, a5)
                for path in calls[number]:
                    self.note(cookie, tid, path, arguments)
            except (FileNotFoundError, ProcessLookupError):
                pass  # the caller died meanwhile
            except paths.Unreadable:
                if not self.valid(cookie):
                    continue  # it is root's because the caller died meanwhile
                if self.can_have_more:
                    self.fail("needs", "SYS_PTRACE")
                self.warn("unreadable", "a process changed its user, so that its paths could not be read")
            except Exception as error:  # the app must go on whatever happens here
                self.warn(repr(error), "the supervisor could not read a call: %r" % (error,))
            try:
                ioctl(listener, send, pack(cookie, 0, 0, CONTINUE))
            except OSError as error:
                if error.errno == errno.EINVAL:
                    self.fail("error", "the kernel can't let a watched call go on (it is older than Linux 5.5)")

    def fail(self, kind, text):
        """Ends everything: the app would wait for ever for its next call to be answered."""
        self.journal.add(kind, text)
        self.journal.flush()
        os._exit(125)

    def warn(self, key, text):
        if key not in self.warned:
            self.warned.add(key)
            self.journal.add("warning", text)

    def note(self, cookie, tid, path, arguments):
        kind, dirfd = path[0], path[1]
        address = arguments[path[2]]
        if kind == syscalls.SOCKET:
            name = paths.socket_path(self.reader.bytes(tid, address, 110))
            if name is None:
                return
        else:
            if address == 0:
                return
            name = self.reader.string(tid, address)
            if name is None:
                return
        if kind == syscalls.OPEN:
            kind_name = paths.open_kind(arguments[path[3]], self.machine)
        elif kind == syscalls.OPENAT2:
            how = self.reader.bytes(tid, arguments[path[3]], 8)
            kind_name = paths.open_kind(int.from_bytes(how, "little"), self.machine)
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
        if pid not in self.processes:
            self.introduce(pid)
        self.journal.add("fact", kind_name, pid, os.fsdecode(name))
        if kind == syscalls.EXEC:
            self.processes.discard(pid)  # what it does next, it does as another program

    def valid(self, cookie):
        """Whether the caller still waits, so that what was read is its own (NOTIF_ID_VALID, seccomp_unotify(2))."""
        try:
            fcntl.ioctl(self.listener, seccomp.IOCTL_ID_VALID, struct.pack("=Q", cookie))
        except OSError as error:
            return error.errno != errno.ENOENT  # Linux before 5.9 knows the call by another number
        return True

    def introduce(self, pid):
        self.processes.add(pid)
        parent = 0
        try:
            with open("/proc/%d/stat" % pid, "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            pass
        executable = paths.link(b"/proc/%d/exe" % pid)
        self.journal.add("process", pid, parent, os.fsdecode(executable) if executable else None)
