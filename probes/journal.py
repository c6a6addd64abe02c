"""The file of facts that a supervisor writes (see supervisor.py)."""

import json
import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Union

UNWRITTEN = "pyshrink: the observations can't be written"


class Journal:
    """A file of facts. Any thread may add to it."""

    def __init__(self, path: str, buffered: int) -> None:
        """*buffered*: how many facts may wait for the next flush; 0 if this process may be killed at any moment."""
        self.buffered = buffered
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
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
                while data:
                    data = data[os.write(self.fd, data) :]
            except OSError as error:
                # src/watching/run.ts finds this line in the app's output.
                os.write(2, f"\n{UNWRITTEN}: {error.strerror}\n".encode())
                os._exit(125)
