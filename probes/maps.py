"""Looks at processes from outside, now and then (proc(5))."""

import os

from . import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Set

    from .journal import Journal


class MapsProbe:
    """Records the files that processes have mapped, from /proc/PID/maps.

    This confirms what the listener reports. Without a listener it is the only source, so then it also records
    programs, open files and working directories.
    """

    def __init__(self, journal: "Journal", alone: bool) -> None:
        """*alone*: whether there is no listener."""
        self.journal = journal
        self.alone = alone
        self.seen: Set[Any] = set()
        self.programs: Dict[str, bytes] = {}

    def look(self) -> None:
        own = os.getpid()
        # If we are process 1, all processes here belong to the app; on the host, only our descendants do.
        for name in processes.descendants(None if own == 1 else own):
            if int(name) == own:
                continue
            if self.alone:
                self.look_at(name)
            try:
                with open(f"/proc/{name}/maps", "rb") as file:
                    mapped = {line.split(None, 5)[5].rstrip(b"\n") for line in file if b" /" in line}
            except (OSError, IndexError):
                continue
            for path in mapped - self.seen:
                if path.startswith(b"/") and not path.endswith(b" (deleted)"):
                    self.journal.add("fact", "map", int(name), os.fsdecode(path))
            self.seen |= mapped

    def look_at(self, name: str) -> None:
        """Records the program of a process, its working directory and its open files. *name*: its process id."""
        pid = name.encode()
        program = processes.link(b"/proc/%s/exe" % pid)
        if program and self.programs.get(name) != program:
            self.programs[name] = program
            self.journal.add("process", int(name), 0, os.fsdecode(program))
            self.journal.add("fact", "exec", int(name), os.fsdecode(program))
        try:
            numbers = os.listdir(f"/proc/{name}/fd")
        except OSError:
            numbers = []
        found = {("open", processes.link(b"/proc/%s/fd/%s" % (pid, number.encode()))) for number in numbers}
        found.add(("chdir", processes.link(b"/proc/%s/cwd" % pid)))
        for kind, path in found - self.seen:
            if path and path.startswith(b"/") and not path.endswith(b" (deleted)"):
                self.journal.add("fact", kind, int(name), os.fsdecode(path))
        self.seen |= found
