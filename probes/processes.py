"""What /proc says about processes (proc(5))."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional


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


def link(path: bytes) -> "Optional[bytes]":
    """What a symbolic link of /proc leads to, or None if it cannot be read."""
    try:
        return os.readlink(path)
    except OSError:
        return None
