"""How the supervisor ends."""

import os
import threading
import time

from . import processes
from .journal import Journal, give_up

try:
    from . import privileges, seccomp
except ImportError:  # without ctypes there is no listener
    privileges = seccomp = None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict

# Asks the app's supervisor to see whether a process has changed its user. Supervisors of commands beside the app send it.
LOOK_REQUEST = 61
# Seconds that such a supervisor waits for its end: the app's supervisor ends all processes if it confirms the change.
CONFIRM_SECONDS = 10
# src/watching/run.ts finds this line in the app's output.
UNENDED = "pyshrink: the app's processes can't be ended"
# Exit status: the program could not be watched.
NOT_WATCHED = 125


class Ending:
    """How this process ends, and why it ends before the app does."""

    def __init__(self, options: "Dict[str, Any]", journal: Journal) -> None:
        self.beside = options["beside"]
        self.journal = journal
        self.lock = threading.Lock()
        # Whether a new start with CAP_SYS_PTRACE would let us read processes that we cannot read now. Elsewhere than in a
        # container, nobody can add it.
        self.can_have_more = (
            options["contained"]
            and options["listener"]
            and os.geteuid() == 0
            and not options["ptrace"]
            and not privileges.has(privileges.CAP_SYS_PTRACE)
        )

    def end(self, code: int) -> None:
        """Publishes the facts and ends this process. If another thread does that already, it waits for its end.

        Hidden facts stay hidden if a process is left that could change them.
        """
        self.lock.acquire()
        if self.journal.hidden and not processes.end_others():
            give_up(UNENDED)
        self.journal.publish()
        os._exit(code)

    def fail(self, kind: str, text: str) -> None:
        """Ends this process with a last fact, and with it the app, whose next call nobody would answer."""
        self.journal.add(kind, text)
        self.end(NOT_WATCHED)

    def unreadable(self, tid: int) -> None:
        """Ends the run if it has to be started again, since a process has changed its user. *tid* waits for its call."""
        if not self.can_have_more or not processes.has_another_user(tid):
            return
        if not self.beside:
            self.need_ptrace()
        self.can_have_more = False  # asks once
        try:
            os.kill(1, LOOK_REQUEST)
            time.sleep(CONFIRM_SECONDS)
        except OSError:
            pass

    def look(self) -> None:
        """As *unreadable*, for whatever process of the container has another user."""
        if self.can_have_more and any(map(processes.has_another_user, processes.descendants(None))):
            self.need_ptrace()

    def need_ptrace(self) -> None:
        for number, error in seccomp.refused_calls(os.uname().machine):
            self.journal.add("refused", number, error)
        self.fail("needs", "SYS_PTRACE")


def detach() -> "Callable[[int], None]":
    """Forks. Returns, in the child, a function that makes the parent exit with a status.

    A command that the runtime starts beside the app may leave processes running. These need their supervisor, but the
    runtime waits for the process that it started, and for all processes that hold its streams.
    """
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        status = os.read(read, 3)
        os._exit(int(status) if status else NOT_WATCHED)
    os.close(read)

    def end_parent(code: int) -> None:
        null = os.open("/dev/null", os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        os.write(write, b"%d" % code)
        os.close(write)

    return end_parent
