"""Takes on the user, groups, capabilities and working directory of a container, and executes what follows.

    start.py enter JSON PROGRAM [ARGUMENT...]

JSON: {"uid", "gid", "groups": [], "cwd", "capabilities": [numbers of the bounding set],
"loopback": whether a network namespace of our own has to be brought up, "limits": [{"name", "soft", "hard"}]}. What a container runtime does
last (OCI runtime specification, "process"); for engines that have none.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys

PR_SET_PDEATHSIG, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 23, 24
SIGKILL = 9
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40


def raise_loopback():
    """Sets the flags of `lo` (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))


def set_limit(name, soft, hard):
    """One of setrlimit(2), by the name that `docker run --ulimit` has for it."""
    import resource

    number = getattr(resource, "RLIMIT_" + name.upper(), None)
    if number is None:
        raise OSError(22, "there is no limit %s" % name)
    resource.setrlimit(number, (soft, hard))


def enter(wanted, libc):
    if wanted["loopback"]:
        raise_loopback()
    for number in range(64):
        if number in wanted["capabilities"]:
            continue
        if libc.prctl(PR_CAPBSET_READ, number, 0, 0, 0) != 1:
            continue
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    for limit in wanted["limits"]:
        set_limit(**limit)
    os.umask(0o022)
    if not os.path.isdir(wanted["cwd"]):
        os.makedirs(wanted["cwd"])
    try:
        os.setgroups(wanted["groups"])
    except OSError:
        pass  # with one mapped user there are no groups to choose from (user_namespaces(7))
    os.setgid(wanted["gid"])
    os.setuid(wanted["uid"])
    # A change of the user has cleared what ends us with the client.
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    os.chdir(wanted["cwd"])


def main():
    with open("/proc/self/environ", "rb") as file:
        entries = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
    try:
        enter(json.loads(sys.argv[1]), ctypes.CDLL(None))
        os.execve(sys.argv[2], sys.argv[2:], {name: value for name, _, value in entries})
    except OSError as error:
        os.write(2, ("pyshrink: the container can't be entered: %s\n" % (error,)).encode())
        os._exit(126)
