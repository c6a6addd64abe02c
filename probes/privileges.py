"""Changes what this process and the app may do (capabilities(7), prctl(2)), through ctypes."""

import ctypes
import os

from . import processes

CAP_SYS_PTRACE = 19
# linux/prctl.h, linux/capability.h
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER = 24, 36, 47, 3
CAPABILITY_VERSION_3 = 0x20080522


class Header(ctypes.Structure):
    """struct __user_cap_header_struct."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class Sets(ctypes.Structure):
    """struct __user_cap_data_struct: half of each set. The kernel takes two: capabilities 0 to 31, and 32 to 63."""

    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def become_subreaper() -> None:
    """Makes this process the parent of all orphans below it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def show(shown: bool) -> None:
    """Whether processes of the same user may trace this process and read its memory (PR_SET_DUMPABLE).

    A new process inherits this, and exec(2) sets it again.
    """
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1 if shown else 0, 0, 0, 0)


def has(capability: int) -> bool:
    """Whether a capability is in our effective set."""
    return bool(int(processes.status_of("self").get(b"CapEff", b"0"), 16) >> capability & 1)


def drop(capability: int) -> None:
    """Takes a capability out of all sets of this thread. Raises OSError.

    Without CAP_SETPCAP it stays in the bounding set, from which root gets it back with the next exec.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, capability, 0, 0)
    header, sets = Header(CAPABILITY_VERSION_3, 0), (Sets * 2)()
    if libc.capget(ctypes.byref(header), sets) != 0:
        raise OSError(ctypes.get_errno(), "capget: " + os.strerror(ctypes.get_errno()))
    half, bit = sets[capability // 32], 1 << capability % 32
    half.effective &= ~bit
    half.permitted &= ~bit
    half.inheritable &= ~bit
    if libc.capset(ctypes.byref(header), sets) != 0:
        raise OSError(ctypes.get_errno(), "capset: " + os.strerror(ctypes.get_errno()))
