"""Takes on a container's user, groups, capabilities, limits and working directory, and executes a program.

    start.py enter JSON PROGRAM [ARGUMENT...]

JSON: {"uid", "gid", "groups": [number], "cwd", "capabilities": [number that stays in the bounding set], "loopback":
whether to bring up lo, because the container has its own network namespace, "limits": [{"name", "soft", "hard"}],
"environment": descriptor to read the program's variables from, or null: they are those of this process; "namespace": path of
a user namespace to enter first, or null}. From the descriptor they come as in /proc/PID/environ: NAME=VALUE, each with a NUL
byte after it. No command line shows them, and nothing before the program runs with them.
A container runtime does this last (OCI runtime specification, "process"). It is for where there is none, or where it does less.
Exits with 126 if the container cannot be entered or the program not executed.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys

from . import refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

PR_SET_PDEATHSIG, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 23, 24
SIGKILL = 9
CLONE_NEWUSER = 0x10000000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
LARGEST_CAPABILITY = 63


def raise_loopback() -> None:
    """Brings up the interface `lo` (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))


def set_limit(name: str, soft: int, hard: int) -> None:
    """Sets one limit of setrlimit(2). *name*: as in `docker run --ulimit`. Raises OSError."""
    import resource

    number = getattr(resource, "RLIMIT_" + name.upper(), None)
    if number is None:
        raise OSError(22, f"there is no limit {name}")
    resource.setrlimit(number, (soft, hard))


def enter_namespace(path: str, libc: "Any") -> None:
    """Enters a user namespace (setns(2)), which gives all capabilities in it. Raises OSError."""
    namespace = os.open(path, os.O_RDONLY)
    if libc.setns(namespace, CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), f"{path}: {os.strerror(ctypes.get_errno())}")
    os.close(namespace)


def enter(wanted: "Dict[str, Any]", libc: "Any") -> None:
    """Applies the JSON of the command line to this process. Raises OSError."""
    if wanted["namespace"] is not None:
        enter_namespace(wanted["namespace"], libc)
    if wanted["loopback"]:
        raise_loopback()
    for number in range(LARGEST_CAPABILITY + 1):
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
        pass  # where only one user is mapped, groups cannot be set (user_namespaces(7))
    os.setgid(wanted["gid"])
    os.setuid(wanted["uid"])
    refused.install(wanted["capabilities"])
    if wanted["namespace"] is None:
        # setuid(2) has cleared the signal that ends this process together with the client. A runtime ends it otherwise.
        libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    os.chdir(wanted["cwd"])


def variables_from(descriptor: int) -> "Dict[bytes, bytes]":
    """Reads variables until the end of a file."""
    with open(descriptor, "rb") as file:
        entries = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
    return {name: value for name, _, value in entries}


def main() -> None:
    wanted = json.loads(sys.argv[1])
    try:
        environment = os.environb if wanted["environment"] is None else variables_from(wanted["environment"])
        enter(wanted, ctypes.CDLL(None, use_errno=True))
        os.execve(sys.argv[2], sys.argv[2:], environment)
    except OSError as error:
        os.write(2, f"pyshrink: the container can't be entered: {error}\n".encode())
        os._exit(126)
