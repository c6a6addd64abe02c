"""Does work on files in a child process: `marshal` does not check what it reads, so a damaged .pyc can end the interpreter.

Source: the documentation of `marshal` ("not intended to be secure against erroneous or maliciously constructed data").
"""

import json
import os
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


def each(work: "Work", paths: "List[str]") -> "List[Dict[str, Any]]":
    """What *work* returns for each path: plain data. {"error": text} for a path at which the interpreter ended."""
    results: List[Dict[str, Any]] = []
    while len(results) < len(paths):
        rest = paths[len(results) :]
        try:
            found, status = in_child(work, rest)
        except OSError:  # no process may be started here
            return results + [work(path) for path in rest]
        results.extend(found)
        if len(found) < len(rest):
            results.append({"error": f"its code can't be read: {ending(status)}"})
    return results


def ending(status: int) -> str:
    """Why a child has ended early, by its status as of waitpid(2)."""
    if not os.WIFSIGNALED(status):
        return f"it ends the interpreter (exit code {os.WEXITSTATUS(status)})"
    number = os.WTERMSIG(status)
    return f"it takes more than {SECONDS} s" if number == signal.SIGALRM else f"it ends the interpreter (signal {number})"


def in_child(work: "Work", paths: "List[str]") -> "tuple[List[Dict[str, Any]], int]":
    """The results up to the path that ended the child, and the child's status as of waitpid(2). Raises OSError without a child."""
    # Where the parent ignores this signal, the kernel keeps no status of its children (wait(2)).
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reader, writer = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        raise
    if child == 0:
        status = 1
        try:
            os.close(reader)
            with os.fdopen(writer, "wb") as answers:
                for path in paths:
                    bound(path)
                    answers.write(json.dumps(work(path)).encode() + b"\n")
                    answers.flush()
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        # A line without its end was not written to the end.
        results = [json.loads(line.decode()) for line in answers if line.endswith(b"\n")]
    return results, os.waitpid(child, 0)[1]


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
