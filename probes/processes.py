"""What /proc says about processes (proc(5)), and how all others are ended."""

import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional

# Seconds until we stop waiting for other processes to end: one that waits for a disk does not end at once.
PATIENCE = 5
PAUSE = 0.002


def descendants(ancestor: "Optional[int]") -> "List[str]":
    """Process ids as text: of *ancestor* and all processes below it, or of all processes in this namespace if it is None."""
    numbers = [name for name in os.listdir("/proc") if name.isdigit()]
    if ancestor is None:
        return numbers
    parents = {int(name): parent_of(name) for name in numbers}
    found = {ancestor}
    more = found
    while more:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found = found | more
    return [str(pid) for pid in found if parents.get(pid) is not None]


def parent_of(pid: str) -> "Optional[int]":
    """The parent's process id, or None if the process has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def runs(pid: str) -> bool:
    """Whether a thread of a process is running or waits for a disk: states R and D of proc(5). False if it has ended."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return False
    return any(status_of(f"{pid}/task/{thread}").get(b"State", b"")[:1] in (b"R", b"D") for thread in threads)


def link(path: bytes) -> "Optional[bytes]":
    """What a symbolic link of /proc leads to, or None if it cannot be read."""
    try:
        return os.readlink(path)
    except OSError:
        return None


def status_of(pid: "object") -> "Dict[bytes, bytes]":
    """The fields of /proc/PID/status: name -> value without spaces around it. None at all if the process has ended."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            fields = [line.partition(b":") for line in file]
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in fields}


def has_another_user(pid: "object") -> bool:
    """Whether the kernel says that a process has another user or group than this one, of any kind: real, effective, saved."""
    own, other = status_of("self"), status_of(pid)
    return any(name in other and other[name] != own[name] for name in (b"Uid", b"Gid"))


def can_interfere(pid: "object") -> bool:
    """Whether a process could change files of this one. False if it has ended.

    Another user without capabilities can't, and no_new_privs lets it gain none. We may have no right to kill such a process.
    """
    fields, own = status_of(pid), status_of("self")
    if fields.get(b"State", b"Z")[:1] in b"ZX":
        return False
    another = not set(fields.get(b"Uid", b"").split()) & set(own[b"Uid"].split())
    weak = int(fields.get(b"CapPrm", b"1"), 16) == 0 and fields.get(b"NoNewPrivs") == b"1"
    return not (another and weak)


def end_others() -> bool:
    """Kills all other processes of the container but process 1. Returns whether none is left that could change our files.

    The kernel does the same when process 1 ends. Only for a container: kill(-1) is about all processes.
    """
    if 1 not in (os.getpid(), os.getppid()):
        return False
    spared = {1, os.getpid()}
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except OSError:
            pass  # there is no process, no child, or none that we may kill
        left = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in spared]
        if not any(map(can_interfere, left)):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
