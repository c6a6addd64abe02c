"""Starts the program that the supervisor watches, with the environment that the runtime meant for it."""

import errno
import os
import signal
import socket
import struct

from .ending import NOT_WATCHED

try:
    from . import privileges, seccomp
except ImportError:  # without ctypes there is no listener
    privileges = seccomp = None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Set, Tuple

# src/watching/watched.ts hides the variables of ld.so under names with this prefix.
HIDDEN_PREFIX = b"PYSHRINK_HIDDEN_"
DEFAULT_PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Exit statuses, as a shell has them.
NOT_EXECUTABLE, NOT_FOUND = 126, 127


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
