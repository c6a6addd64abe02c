"""Runs a program under a seccomp listener and writes down every path that it and its descendants name.

    start.py supervisor JSON -- PROGRAM [ARGUMENT...]

JSON: {"facts": file, "stop": number of the image's stop signal (0: none), "patience": seconds that the program gets
after it, "first": whether it runs in place of process 1, "beside": whether it was started beside an app by the
runtime, "ptrace": whether CAP_SYS_PTRACE was added for us alone, "listener": whether system calls are listened to;
without, processes are only looked at now and then}.

The file of facts gets JSON lines: ["process", pid, parent, executable] before the first fact of a process and after
each of its execs, ["fact", kind, pid, path], ["warning", text], ["needs", what] where the program's processes can't be
read without a capability, or system calls can't be listened to, and ["exit", status] when the program has ended. A
file without that line is of a supervisor that died. Paths are absolute, as the caller named them (not resolved);
undecodable bytes are surrogate escapes.
"""

import array
import errno
import json
import os
import signal
import socket
import sys
import threading
import time

from .journal import Journal
from .maps import MapsProbe

try:
    from . import privileges, seccomp
    from .watcher import Watcher
except ImportError:  # no ctypes: no call is seen, and only what can be polled is told
    privileges = seccomp = Watcher = None

ENVIRONMENT_PREFIX = b"PYSHRINK_HIDDEN_"
DEFAULT_PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FLUSH_SECONDS = 0.5
LOOK_SECONDS = 0.01
STOP_REQUEST = 60
BUFFERED = 512


def original_environment():
    """The environment as the runtime gave it, with what was hidden from our own loader put back."""
    with open("/proc/self/environ", "rb") as file:
        entries = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
    hidden = {name[len(ENVIRONMENT_PREFIX):]: value for name, _, value in entries if name.startswith(ENVIRONMENT_PREFIX)}
    return {
        name: hidden.get(name, value) for name, _, value in entries if not name.startswith(ENVIRONMENT_PREFIX)
    }


def start(program, environment, machine, mask, options):
    """Forks, installs the filter in the child and execs; returns (pid, listener)."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid:
        theirs.close()
        _, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
        if not ancillary:
            return pid, None
        descriptors = array.array("i")
        descriptors.frombytes(ancillary[0][2][:4])
        ours.close()
        return pid, descriptors[0]
    status, started = 126, False
    try:
        ours.close()
        if options["first"] and privileges:
            privileges.become_subreaper()  # as process 1 it would get all orphans
        if options["ptrace"]:
            privileges.drop(privileges.CAP_SYS_PTRACE)
        if options["listener"]:
            listener = seccomp.install(machine)
            theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
            os.close(listener)
        theirs.close()
        started = True
        for number in (signal.SIGPIPE, getattr(signal, "SIGXFSZ", signal.SIGPIPE), signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        execute([os.fsencode(word) for word in program], environment)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            status = 127
        if options["listener"] and not started:
            os._exit(125)  # without a word: it is started again, without a listener
        os.write(2, ("pyshrink: %s: %s\n" % (program[0], error.strerror)).encode())
    finally:
        os._exit(status)


def execute(program, environment):
    """execvpe(3) with the bytes of the environment. os.execvpe would import a module, which the kit need not carry.

    Raises OSError: EACCES where a candidate may not be executed, else that of the last one.
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


def keep_to_ourselves():
    """Whatever descriptors a client without a daemon was given are not the container's."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2:
            try:
                os.set_inheritable(number, False)
            except OSError:
                pass  # that of the listing itself


def catches(pid, number):
    try:
        with open("/proc/%d/status" % pid, "rb") as file:
            for line in file:
                if line.startswith(b"SigCgt:"):
                    return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    except (OSError, ValueError):
        pass
    return False


def serve_signals(child, options, journal, maps, catchable):
    """Forwards signals, reaps, and returns the app's wait status once the app itself has ended.

    As process 1 a signal without a handler is ignored by the kernel; as our child the app would die of it. So a signal
    goes on only where the app catches it. STOP_REQUEST asks us to stop it as `docker stop` would: by the stop signal,
    and by SIGKILL when its time is over, or at once where it does not catch the stop signal.
    """
    first, stop_signal = options["first"] and os.getpid() == 1, options["stop"]
    deadline = None
    interval = FLUSH_SECONDS if options["listener"] else LOOK_SECONDS
    while True:
        information = signal.sigtimedwait(catchable, interval)
        if deadline is not None and time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
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
            # Where it would be ignored, whoever stops it waits in vain.
            os.kill(child, stop_signal if not first or catches(child, stop_signal) else signal.SIGKILL)
        elif not first or catches(child, number):
            os.kill(child, number)


def reap_the_rest(journal, maps, catchable):
    """Until nothing is left of what the program has left running: without us, none of its calls would be answered."""
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        signal.sigtimedwait(catchable, FLUSH_SECONDS)
        maps.look()
        journal.flush()


def stand_aside():
    """Forks: returns, in the child, the function that tells the status with which the parent then ends.

    What a runtime starts beside an app may leave processes behind. They need their supervisor; the runtime waits for
    the process that it has started, and for all that hold its streams."""
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        status = os.read(read, 3)
        os._exit(int(status) if status else 125)
    os.close(read)

    def tell(code):
        null = os.open("/dev/null", os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        os.write(write, b"%d" % code)
        os.close(write)

    return tell


def main():
    options, program = json.loads(sys.argv[1]), sys.argv[3:]
    machine = os.uname().machine
    environment = original_environment()
    keep_to_ourselves()
    tell = stand_aside() if options["beside"] else None
    journal = Journal(options["facts"], 0 if options["beside"] else BUFFERED)
    catchable = set(range(1, signal.NSIG)) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, catchable)
    if privileges:
        privileges.become_subreaper()
    child, listener = start(program, environment, machine, mask, options)
    if options["listener"]:
        if listener is None:
            journal.add("needs", "listener")
            journal.flush()
            os._exit(125)
        can_have_more = os.geteuid() == 0 and not options["ptrace"] and not privileges.has(privileges.CAP_SYS_PTRACE)
        watcher = Watcher(listener, journal, machine, can_have_more)
        threading.Thread(target=watcher.run, daemon=True).start()
    maps = MapsProbe(journal, not options["listener"])
    status = serve_signals(child, options, journal, maps, catchable)
    code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    journal.add("exit", code)
    journal.flush()
    if tell:
        tell(code)
        reap_the_rest(journal, maps, catchable)
        journal.flush()
    os._exit(code)
