"""Does work on files in child processes, one for each processor.

`marshal` does not check what it reads, so a damaged .pyc can end the interpreter.
Source: the documentation of `marshal` ("not intended to be secure against erroneous or maliciously constructed data").
"""

import json
import os
import select
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List

    Work = Callable[[str], Dict[str, Any]]


# Bytes that a file may take beside what the process has, and bytes for each byte of it. A damaged length asks for gigabytes.
ROOM = 256 << 20
FACTOR = 500
# Seconds for one file. Compiling the largest source takes a part of it.
SECONDS = 120
# Processes at the same time, and files for which another one is worth its start.
MOST_CHILDREN = 4
FILES = 16


def each(work: "Work", paths: "List[str]") -> "List[Dict[str, Any]]":
    """What *work* returns for each path: plain data. {"error": text} for a path at which the interpreter ended."""
    # Where the parent ignores this signal, the kernel keeps no status of its children (wait(2)).
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    results: Dict[int, Dict[str, Any]] = {}
    count = max(1, min(processors(), MOST_CHILDREN, len(paths) // FILES))
    shares = [list(range(first, len(paths), count)) for first in range(count) if first < len(paths)]
    running: Dict[int, Child] = {}
    poll = select.poll()
    while shares or running:
        while shares:
            share = shares.pop()
            try:
                child = Child(work, paths, share)
            except OSError:  # no process may be started now, or none at all
                if running:
                    shares.append(share)
                    break
                results.update((index, work(paths[index])) for index in share)
                continue
            running[child.reader] = child
            poll.register(child.reader, select.POLLIN)
        for reader, _ in poll.poll() if running else ():
            child = running[reader]
            if child.read():
                continue
            poll.unregister(reader)
            del running[reader]
            found, status = child.end()
            results.update(zip(child.share, found))
            rest = child.share[len(found) :]
            if rest:
                results[rest[0]] = {"error": f"its code can't be read: {ending(status)}"}
            if len(rest) > 1:
                shares.append(rest[1:])
    return [results[index] for index in range(len(paths))]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ending(status: int) -> str:
    """Why a child has ended early, by its status as of waitpid(2)."""
    if not os.WIFSIGNALED(status):
        return f"it ends the interpreter (exit code {os.WEXITSTATUS(status)})"
    number = os.WTERMSIG(status)
    return f"it takes more than {SECONDS} s" if number == signal.SIGALRM else f"it ends the interpreter (signal {number})"


class Child:
    """A process that works on a share of the paths, given by their indices. It writes one line of JSON for each."""

    def __init__(self, work: "Work", paths: "List[str]", share: "List[int]") -> None:
        """Raises OSError where no process can be started."""
        self.share = share
        self.chunks: List[bytes] = []
        self.reader, writer = os.pipe()
        try:
            self.pid = os.fork()
        except OSError:
            os.close(self.reader)
            os.close(writer)
            raise
        if self.pid == 0:
            status = 1
            try:
                os.close(self.reader)
                with os.fdopen(writer, "wb") as answers:
                    for index in share:
                        bound(paths[index])
                        result = work(paths[index])
                        signal.alarm(0)  # the parent may take its time with the answer
                        answers.write(json.dumps(result).encode() + b"\n")
                        answers.flush()
                status = 0
            finally:
                os._exit(status)
        os.close(writer)

    def read(self) -> bool:
        """Reads what is there. False at the end."""
        chunk = os.read(self.reader, 1 << 20)
        self.chunks.append(chunk)
        return chunk != b""

    def end(self) -> "tuple[List[Dict[str, Any]], int]":
        """The results up to the path that ended the process, and its status as of waitpid(2)."""
        os.close(self.reader)
        # A line without its end was not written to the end.
        lines = b"".join(self.chunks).decode().split("\n")[:-1]
        return [json.loads(line) for line in lines], os.waitpid(self.pid, 0)[1]


def bound(path: str) -> None:
    """Bounds memory and time of this process for a file: too much memory is a MemoryError, too much time ends the process."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    try:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        most = used + ROOM + FACTOR * os.path.getsize(path)
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    except (ImportError, OSError, ValueError):
        pass  # a Python without this module, or a file that is not there
