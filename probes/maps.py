"""What can be seen of processes from outside, now and then (proc(5))."""

import os

from . import paths


class MapsProbe:
    """What is mapped by any process here, read from /proc/PID/maps: a second opinion beside the listener's.

    Where there is no listener, it is the first: then what is open and what runs is looked at as well."""

    def __init__(self, journal, alone):
        self.journal = journal
        self.seen = set()
        self.alone = alone
        self.programs = {}

    def look(self):
        own = os.getpid()
        # Where process 1 is ours, all processes are; on a machine, only what came of us.
        for name in paths.descendants(None if own == 1 else own):
            if int(name) == own:
                continue
            if self.alone:
                self.look_at(name)
            try:
                with open("/proc/%s/maps" % name, "rb") as file:
                    mapped = {line.split(None, 5)[5].rstrip(b"\n") for line in file if b" /" in line}
            except (OSError, IndexError):
                continue
            for path in mapped - self.seen:
                if path.startswith(b"/") and not path.endswith(b" (deleted)"):
                    self.journal.add("fact", "map", int(name), os.fsdecode(path))
            self.seen |= mapped

    def look_at(self, name):
        """The program of a process, its directory and its open files."""
        program = paths.link(b"/proc/%s/exe" % name.encode())
        if program and self.programs.get(name) != program:
            self.programs[name] = program
            self.journal.add("process", int(name), 0, os.fsdecode(program))
            self.journal.add("fact", "exec", int(name), os.fsdecode(program))
        try:
            numbers = os.listdir("/proc/%s/fd" % name)
        except OSError:
            numbers = []
        found = {("open", paths.link(b"/proc/%s/fd/%s" % (name.encode(), number.encode()))) for number in numbers}
        found.add(("chdir", paths.link(b"/proc/%s/cwd" % name.encode())))
        for kind, path in found - self.seen:
            if path and path.startswith(b"/") and not path.endswith(b" (deleted)"):
                self.journal.add("fact", kind, int(name), os.fsdecode(path))
        self.seen |= found
