"""The file of facts that a supervisor writes (see supervisor.py)."""

import json
import os
import threading

UNWRITTEN = "pyshrink: the observations can't be written"


class Journal:
    """The file of facts, which any thread may add to.

    *buffered*: how many may wait to be flushed. None may where the end comes unannounced, with that of process 1."""

    def __init__(self, path, buffered):
        self.buffered = buffered
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        self.lines = []
        self.lock = threading.Lock()

    def add(self, *row):
        line = json.dumps(row)
        with self.lock:  # else a fact may join lines that are being flushed, and be lost
            self.lines.append(line)
            full = len(self.lines) > self.buffered
        if full:
            self.flush()

    def flush(self):
        with self.lock:
            lines, self.lines = self.lines, []
            data = ("\n".join(lines) + "\n").encode() if lines else b""
            try:
                while data:
                    data = data[os.write(self.fd, data):]
            except OSError as error:
                # Without its observations the run is worth nothing; this line is all that can still be said of it.
                os.write(2, ("\n%s: %s\n" % (UNWRITTEN, error.strerror)).encode())
                os._exit(125)
