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

import errno
import json
import os
import signal
import socket
import struct
import sys
import threading
import time

from . import processes
from .journal import Journal, give_up
from .maps import MapsProbe

try:
    from . import privileges, seccomp
    from .watcher import Watcher
except ImportError:  # without ctypes there is no listener
    privileges = seccomp = Watcher = None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Set, Tuple

# src/watching/watched.ts hides the variables of ld.so under names with this prefix.
HIDDEN_PREFIX = b"PYSHRINK_HIDDEN_"
DEFAULT_PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FLUSH_SECONDS = 0.5
# Without a listener processes are looked at this often.
LOOK_SECONDS = 0.01
# A real-time signal that no app uses: asks us to stop the app. src/watching/watched.ts sends it.
STOP_REQUEST = 60
# Asks the app's supervisor to see whether a process has changed its user. Supervisors of commands beside the app send it.
LOOK_REQUEST = 61
# Seconds that such a supervisor waits for its end: the app's supervisor ends all processes if it confirms the change.
CONFIRM_SECONDS = 10
# Facts that may wait for the next flush.
BUFFERED = 512
# src/watching/run.ts finds this line in the app's output.
UNENDED = "pyshrink: the app's processes can't be ended"
# Exit statuses.
NOT_WATCHED, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127


def original_environment() -> "Dict[bytes, bytes]":
    """The environment as the runtime set it. Variables that were hidden from the kit's own loader get their values back."""
    with open("/proc/self/environ", "rb") as file:
        entries = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
    hidden = {name[len(HIDDEN_PREFIX) :]: value for name, _, value in entries if name.startswith(HIDDEN_PREFIX)}
    return {name: hidden.get(name, value) for name, _, value in entries if not name.startswith(HIDDEN_PREFIX)}


def start(
    program: "List[str]", environment: "Dict[bytes, bytes]", architecture: str, mask: "Set[Any]", options: "Dict[str, Any]"
) -> "Tuple[int, Optional[int]]":
    """Starts the program under a filter. Returns its process id and the listener, or None if there is none.

    The child installs the filter, since a filter applies to the process that installs it and its descendants, and sends
    the listener here over a socket (unix(7), SCM_RIGHTS). *mask*: the signals that the program blocks.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid:
        theirs.close()
        _, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
        if not ancillary:
            return pid, None
        ours.close()
        return pid, struct.unpack("i", ancillary[0][2][:4])[0]
    status, started = NOT_EXECUTABLE, False
    try:
        ours.close()
        if privileges:
            privileges.show(True)  # the supervisor reads the path of its first exec(2)
        if options["first"] and privileges:
            privileges.become_subreaper()  # process 1 gets all orphans, and the program stands in for it
        if not options["first"] and not options["beside"]:
            lead_a_group()
        if options["ptrace"]:
            privileges.drop(privileges.CAP_SYS_PTRACE)
        if options["listener"]:
            listener = seccomp.install(architecture, options["refused"])
            theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", listener))])
            os.close(listener)
        theirs.close()
        started = True
        # CPython ignores or handles these, and a program inherits what is ignored.
        for number in (signal.SIGPIPE, getattr(signal, "SIGXFSZ", signal.SIGPIPE), signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        execute([os.fsencode(word) for word in program], environment)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            status = NOT_FOUND
        if options["listener"] and not started:
            os._exit(NOT_WATCHED)  # prints nothing: the program is started again without a listener
        os.write(2, f"pyshrink: {program[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(status)


def lead_a_group() -> None:
    """Makes this process the first of a process group, in the foreground of its terminal if it has one.

    So does tini, the init process of Docker: a signal that the program sends to its group does not come back from us.
    """
    os.setpgid(0, 0)
    try:
        os.tcsetpgrp(0, os.getpgrp())
    except OSError:
        pass  # standard input is no terminal


def execute(program: "List[bytes]", environment: "Dict[bytes, bytes]") -> None:
    """execvpe(3) with an environment of bytes. os.execvpe imports a module that the kit does not contain.

    Raises OSError: EACCES if a candidate may not be executed, else the error of the last one.
    """
    if b"/" in program[0]:
        os.execve(program[0], program, environment)
    denied = None
    for folder in environment.get(b"PATH", DEFAULT_PATH).split(b":"):
        try:
            os.execve(os.path.join(folder, program[0]), program, environment)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
                raise
            if error.errno == errno.EACCES:
                denied = error
    raise denied or OSError(errno.ENOENT, os.strerror(errno.ENOENT))


def keep_descriptors_from_app() -> None:
    """Makes the app inherit only the standard streams: a client without a daemon may leave other descriptors open."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2:
            try:
                os.set_inheritable(number, False)
            except OSError:
                pass  # the descriptor of the listing itself


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


def serve_signals(child: int, options: "Dict[str, Any]", journal: Journal, maps: MapsProbe, catchable: "Set[int]", ending: "Ending") -> int:
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
