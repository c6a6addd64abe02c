"""Installs a seccomp filter with a listener (seccomp_unotify(2)) on the calling thread, through ctypes."""

import ctypes
import errno
import os
import struct

from . import syscalls
from .bpf import DATA_ARCH, DATA_ARGS, DATA_NR, JEQ, JSET, LOAD, RET, RET_ALLOW, RET_ERRNO, RET_USER_NOTIF, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, List, Tuple

# linux/prctl.h, linux/seccomp.h
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_SET_MODE_FILTER = 1
FLAG_NEW_LISTENER = 1 << 3
FLAG_WAIT_KILLABLE_RECV = 1 << 5
AT_EMPTY_PATH = 0x1000
# -100 as the low 32 bits of an argument: the kernel reads an int, and the high ones may be anything.
AT_FDCWD = 0xFFFFFF9C
ALL_BITS = 0xFFFFFFFF

IOCTL_RECV = 0xC0502100
IOCTL_SEND = 0xC0182101
IOCTL_ID_VALID = 0x40082102
IOCTL_SET_FLAGS = 0x40082104
FD_SYNC_WAKE_UP = 1


def program(architecture: str, refused: "Iterable[Tuple[int, int]]" = ()) -> "Tuple[bytes, int]":
    """The classic BPF program: an array of struct sock_filter, and the number of its instructions.

    It reports each call of syscalls.TABLE, and io_uring_setup, which the watcher refuses. *refused*: numbers of other calls
    to refuse, each with its errno. All else is allowed.
    """
    audit_arch, column, _, io_uring_setup = syscalls.ARCHITECTURES[architecture]
    rows = [(row[column], row[0]) for row in syscalls.TABLE if row[column] is not None]
    code = [
        (LOAD, 0, 0, DATA_ARCH),
        (JEQ, 1, 0, audit_arch),
        (RET, 0, 0, RET_ALLOW),
        (LOAD, 0, 0, DATA_NR),
        (JEQ, 0, 1, io_uring_setup),
        (RET, 0, 0, RET_USER_NOTIF),
    ]
    for number, error in refused:
        code += [(JEQ, 0, 1, number), (RET, 0, 0, RET_ERRNO | error)]
    for number, name in rows:
        empty, null = syscalls.EMPTY_PATH_ARGUMENT.get(name), syscalls.NULL_PATH_ARGUMENT.get(name)
        if empty is not None:
            # The flag permits an empty path, but there may be another one, which a filter cannot read. fstat(3) gives a
            # descriptor, and programs call it all the time. A call with a descriptor, a path and the flag is not seen.
            code += [
                (JEQ, 0, 6, number),
                (LOAD, 0, 0, DATA_ARGS),
                (JEQ, 3, 0, AT_FDCWD),
                (LOAD, 0, 0, DATA_ARGS + 8 * empty),
                (JSET, 0, 1, AT_EMPTY_PATH),
                (RET, 0, 0, RET_ALLOW),
                (RET, 0, 0, RET_USER_NOTIF),
            ]
        elif null is not None:
            # A pointer has two words, and the filter looks at one at a time.
            code += [
                (JEQ, 0, 6, number),
                (LOAD, 0, 0, DATA_ARGS + 8 * null),
                (JSET, 2, 0, ALL_BITS),
                (LOAD, 0, 0, DATA_ARGS + 8 * null + 4),
                (JSET, 0, 1, ALL_BITS),
                (RET, 0, 0, RET_USER_NOTIF),
                (RET, 0, 0, RET_ALLOW),
            ]
        else:
            code += [(JEQ, 0, 1, number), (RET, 0, 0, RET_USER_NOTIF)]
    code.append((RET, 0, 0, RET_ALLOW))
    return packed(code)


def refused_calls(architecture: str) -> "List[Tuple[int, int]]":
    """Which of syscalls.PTRACE_CALLS fail here whatever their arguments are: (number, errno).

    With these arguments the kernel itself has other errors.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    column = syscalls.ARCHITECTURES[architecture][1]
    found = []
    for row in syscalls.PTRACE_CALLS:
        nothing = [ctypes.c_long(value) for value in (-1, -1, 0, 0, 0, 0)]
        if row[0].startswith("process_"):
            nothing[1] = ctypes.c_long(0)
        if libc.syscall(ctypes.c_long(row[column]), *nothing) < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS):
            found.append((row[column], ctypes.get_errno()))
    return found


def install(architecture: str, refused: "Iterable[Tuple[int, int]]" = ()) -> int:
    """Installs the filter of *program* on this thread and returns the listener's descriptor.

    Sets no_new_privs. Raises OSError with the errno of prctl(2) or seccomp(2).
    """
    code, count = program(architecture, refused)
    # Linux before 5.19 does not know FLAG_WAIT_KILLABLE_RECV.
    try:
        return load(architecture, code, count, FLAG_NEW_LISTENER | FLAG_WAIT_KILLABLE_RECV)
    except OSError:
        return load(architecture, code, count, FLAG_NEW_LISTENER)


def load(architecture: str, code: bytes, count: int, flags: int) -> int:
    """Sets no_new_privs and installs a filter of *count* instructions on this thread. Returns what seccomp(2) returns.

    Raises OSError with the errno of prctl(2) or seccomp(2).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    instructions = ctypes.create_string_buffer(code, len(code))
    prog = ctypes.create_string_buffer(struct.pack("@HP", count, ctypes.addressof(instructions)))
    result = libc.syscall(
        ctypes.c_long(syscalls.ARCHITECTURES[architecture][2]),
        ctypes.c_ulong(SECCOMP_SET_MODE_FILTER),
        ctypes.c_ulong(flags),
        ctypes.c_void_p(ctypes.addressof(prog)),
    )
    if result < 0:
        raise OSError(ctypes.get_errno(), "seccomp(SECCOMP_SET_MODE_FILTER): " + os.strerror(ctypes.get_errno()))
    return result
