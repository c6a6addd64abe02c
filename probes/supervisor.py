"""Runs a program under a seccomp listener, and records every path that it and its descendants name.

    start.py supervisor JSON -- PROGRAM [ARGUMENT...]

JSON:
    facts     the file to write
    stop      number of the image's stop signal; 0 if nobody will ask for it
    patience  seconds that the program gets after the stop signal
    first     whether the program stands in for process 1 of the container; else this process is its init process (`--init`)
    beside    whether the runtime started this beside the app, as `docker exec` does
    ptrace    whether CAP_SYS_PTRACE was added for the supervisor, so that the app must not have it
    refused   [number, errno] of system calls to refuse: the seccomp profile allows them only because of ptrace
    listener  whether to listen to system calls; without it, processes are only looked at now and then
    contained whether this runs in a container, with a process table of its own

In a container, the file of the app's supervisor is hidden until all other processes have ended: see journal.py.

The file of facts gets JSON lines:
    ["process", pid, parent, executable]  before the first fact of a process, and again after each exec
    ["fact", kind, pid, path]             the path is absolute and as the caller named it, with its links
    ["warning", text]
    ["error", text]                       the program could not be watched; it was ended
    ["refused", number, errno]            a system call that the container refuses, but not with CAP_SYS_PTRACE
    ["needs", "SYS_PTRACE"]               the program has to be started again with this capability: by the kernel's account
                                          (/proc/PID/status), one of its processes has another user than this one
    ["needs", "listener"]                 it has to be started again without a listener
    ["exit", status]                      the program has ended; without this line the supervisor was killed
Bytes of a path that are not UTF-8 are surrogate escapes (PEP 383).

Exits with the program's status, 128 plus the number of the signal that killed it, 127 if there is no such program, 126
if it cannot be executed, and 125 if it could not be watched.
"""

import json
import os
import signal
import sys
import threading
import time

from . import processes
from .ending import LOOK_REQUEST, UNENDED, Ending, detach
from .journal import Journal, give_up
from .maps import MapsProbe
from .program import keep_descriptors_from_app, original_environment, start

try:
    from . import privileges
    from .watcher import Watcher
except ImportError:  # without ctypes there is no listener
    privileges = Watcher = None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Set

FLUSH_SECONDS = 0.5
# Without a listener processes are looked at this often.
LOOK_SECONDS = 0.01
# A real-time signal that no app uses: asks us to stop the app. src/watching/watched.ts sends it.
STOP_REQUEST = 60
# Facts that may wait for the next flush.
BUFFERED = 512


def catches(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal."""
    return bool(int(processes.status_of(pid).get(b"SigCgt", b"0"), 16) >> (number - 1) & 1)


def send(child: int, number: int) -> None:
    """Sends the app a signal. Ends this process if the app has another user, and we have no right to send it signals."""
    try:
        os.kill(child, number)
    except ProcessLookupError:
        pass  # another thread ends all processes, and has reaped this one already
    except PermissionError:
        give_up(UNENDED)


def serve_signals(child: int, options: "Dict[str, Any]", journal: Journal, maps: MapsProbe, catchable: "Set[int]", ending: Ending) -> int:
    """Forwards signals and reaps processes until the app has ended. Returns the app's wait status.

    The kernel ignores a signal that process 1 has no handler for. Our child would die of it, so while we are process 1 a
    signal is forwarded only if the app catches it. STOP_REQUEST means to stop the app as `docker stop` would: with the
    stop signal, and with SIGKILL when its time is over, or at once if it does not catch the stop signal.
    """
    first, stop_signal = options["first"] and os.getpid() == 1, options["stop"]
    deadline = None
    interval = FLUSH_SECONDS if options["listener"] else LOOK_SECONDS
    while True:
        information = signal.sigtimedwait(catchable, interval)
        if deadline is not None and time.monotonic() > deadline:
            send(child, signal.SIGKILL)
        if information is None:
            maps.look()
            journal.flush()
            continue
        number = information.si_signo
        if number == signal.SIGCHLD:
            while True:
                try:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    break
                if pid == 0:
                    break
                if pid == child:
                    return status
        elif number == STOP_REQUEST:
            maps.look()
            deadline = time.monotonic() + options["patience"]
            # The kernel would ignore an uncaught stop signal, and whoever stops the container would wait in vain.
            send(child, stop_signal if not first or catches(child, stop_signal) else signal.SIGKILL)
        elif number == LOOK_REQUEST and options["contained"] and not options["beside"]:
            ending.look()
        elif not first or catches(child, number):
            send(child, number)


def reap_the_rest(journal: Journal, maps: MapsProbe, catchable: "Set[int]") -> None:
    """Waits for all processes that the program has left running: only this process answers their system calls."""
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        signal.sigtimedwait(catchable, FLUSH_SECONDS)
        maps.look()
        journal.flush()


def main() -> None:
    options, program = json.loads(sys.argv[1]), sys.argv[3:]
    architecture = os.uname().machine
    environment = original_environment()
    keep_descriptors_from_app()
    end_parent = detach() if options["beside"] else None
    # Beside an app, this process is killed without notice when process 1 ends.
    journal = Journal(options["facts"], 0 if options["beside"] else BUFFERED, options["contained"] and not options["beside"])
    ending = Ending(options, journal)
    # 32 and 33 belong to the C library (signal(7)).
    catchable = set(range(1, signal.NSIG)) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, catchable)
    if privileges:
        privileges.become_subreaper()
        privileges.show(False)  # else the app could make this process say what it likes
    child, listener = start(program, environment, architecture, mask, options)
    if options["listener"]:
        if listener is None:
            ending.fail("needs", "listener")
        watcher = Watcher(listener, journal, architecture, ending.fail, ending.unreadable)
        threading.Thread(target=watcher.run, daemon=True).start()
    maps = MapsProbe(journal, not options["listener"])
    status = serve_signals(child, options, journal, maps, catchable, ending)
    code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    journal.add("exit", code)
    if end_parent:
        journal.flush()
        end_parent(code)
        reap_the_rest(journal, maps, catchable)
    ending.end(code)
