"""The file of facts that a supervisor writes (see supervisor.py).

The file of the app's supervisor is hidden: it has no name while the app runs, so the app can't change or remove it. It gets
its name when all other processes have ended.
"""

import json
import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Union

CHUNK = 1 << 16
# src/watching/run.ts finds this line in the app's output.
UNWRITTEN = "pyshrink: the observations can't be written"


class Journal:
    """A file of facts. Any thread may add to it."""

    def __init__(self, path: str, buffered: int, hidden: bool) -> None:
        """*buffered*: how many facts may wait for the next flush; 0 if this process may be killed at any moment.

        *hidden*: whether the file gets its name only by *publish*.
        """
        self.path = path
        self.buffered = buffered
        self.hidden = hidden
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        if hidden:
            os.unlink(path)
        self.lines: List[str] = []
        self.lock = threading.Lock()

    def add(self, *row: "Optional[Union[str, int]]") -> None:
        line = json.dumps(row)
        with self.lock:  # without it, a line could be added to a list that is being flushed, and be lost
            self.lines.append(line)
            full = len(self.lines) > self.buffered
        if full:
            self.flush()

    def flush(self) -> None:
        """Writes all facts. Ends this process if they cannot be written: the run is useless without them."""
        with self.lock:
            lines, self.lines = self.lines, []
            data = ("\n".join(lines) + "\n").encode() if lines else b""
            try:
                write(self.fd, data)
            except OSError as error:
                give_up(f"{UNWRITTEN}: {error.strerror}")

    def publish(self) -> None:
        """Writes all facts, and gives a hidden file its name. If a file has this name, the app has made it, and it is removed."""
        self.flush()
        if not self.hidden:
            return
        try:
            try:
                os.unlink(self.path)
            except FileNotFoundError:
                pass
            except OSError:  # a directory
                os.rename(self.path, f"{self.path}-{os.urandom(8).hex()}")
            target = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            os.lseek(self.fd, 0, os.SEEK_SET)
            while True:
                data = os.read(self.fd, CHUNK)
                if not data:
                    break
                write(target, data)
        except OSError as error:
            give_up(f"{UNWRITTEN}: {error.strerror}")


def write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def give_up(line: str) -> None:
    """Ends this process without facts. *line*: why, for the app's standard error."""
    os.write(2, f"\n{line}\n".encode())
    os._exit(125)
