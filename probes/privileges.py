"""What the supervisor may do, and what the app may not for that (capabilities(7), prctl(2)), by ctypes alone."""

import ctypes
import os

CAP_SYS_PTRACE = 19
PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER = 24, 36, 47, 3
CAPABILITY_VERSION_3 = 0x20080522


class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Sets(ctypes.Structure):
    """Half of each set: numbers 0 to 31 in the first of two, 32 to 63 in the second."""

    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def become_subreaper():
    """Orphans below this process become its children."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def has(number):
    """Whether a capability is in our effective set."""
    with open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"CapEff:"):
                return bool(int(line.split()[1], 16) >> number & 1)
    return False


def drop(number):
    """Takes a capability out of all sets of this thread.

    Without CAP_SETPCAP it stays in the bounding set, from which root gets it back with the next exec.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, number, 0, 0)
    header, sets = Header(CAPABILITY_VERSION_3, 0), (Sets * 2)()
    if libc.capget(ctypes.byref(header), sets) != 0:
        raise OSError(ctypes.get_errno(), "capget: " + os.strerror(ctypes.get_errno()))
    half, bit = sets[number // 32], 1 << number % 32
    half.effective &= ~bit
    half.permitted &= ~bit
    half.inheritable &= ~bit
    if libc.capset(ctypes.byref(header), sets) != 0:
        raise OSError(ctypes.get_errno(), "capset: " + os.strerror(ctypes.get_errno()))
