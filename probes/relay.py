"""Carries connections between its standard streams and ports or Unix sockets inside the container.

    start.py relay [PID]     with PID, it lists only sockets of that process and its descendants

A frame is the number of the connection (u32), a kind (u8), a length (u32) and the payload, in big endian.
In:  C connect (JSON [host, port] or [path]), D data, E end of data, X close, L list what listens, B ask whether a process is busy.
Out: O opened, D data, E end of data, X closed (the error, if any), L list (JSON of [address, port] and [path]),
B busy (JSON of true or false).
It ends when its input ends.
"""

import json
import os
import select
import socket
import struct
import sys

from . import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Set

HEADER = struct.Struct(">IcI")
CHUNK = 65536
# The state TCP_LISTEN in /proc/net/tcp.
LISTEN = "0A"
# __SO_ACCEPTCON, a flag in /proc/net/unix: the socket listens.
ACCEPTS = 0x10000


def link_of(path: str) -> str:
    try:
        return os.readlink(path)
    except FileNotFoundError:  # closed in the meantime
        return ""


def is_ending(process: str) -> bool:
    """Whether a process has given up its memory, which it does first when it ends.

    The kernel then lets only root list its descriptors, and its statm is all zeros (fs/proc/array.c, task_statm).
    """
    try:
        with open(f"/proc/{process}/statm") as file:
            return not file.read().strip("0 \n")
    except OSError:  # it has ended
        return True


def sockets_of(process: str) -> "Optional[Set[str]]":
    """Inodes of the sockets that a process holds; None if we lack the permission. A process that ends holds none."""
    folder = f"/proc/{process}/fd"
    try:
        links = [link_of(folder + "/" + name) for name in os.listdir(folder)]
    except (FileNotFoundError, ProcessLookupError):
        return set()
    except PermissionError:
        return set() if is_ending(process) else None
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def is_supervisor(process: str) -> bool:
    """Whether a process is the supervisor, by its command line. An app with such a one only hides its own sockets."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return b"pyshrink_probes/start.py\0supervisor" in file.read()
    except OSError:
        return False


def own_sockets(ancestor: "Optional[int]") -> "Optional[Set[str]]":
    """Inodes of the sockets of all processes here, or of those below *ancestor*; None if one of them cannot be asked."""
    held: Set[str] = set()
    for process in processes.descendants(ancestor):
        sockets = sockets_of(process)
        if sockets is None and is_supervisor(process):
            continue  # it lets nobody read it, and listens nowhere
        if sockets is None:
            return None
        held |= sockets
    return held


def listening(ancestor: "Optional[int]") -> "List[List[Any]]":
    """[address, port] of each listening TCP socket, from /proc/net/tcp (proc(5)), so that no connection is made.

    In the host's network, other programs listen too. So only sockets of our processes count, if the kernel lets us list
    these.
    """
    found = []
    own = own_sockets(ancestor)
    for name, family in (("/proc/net/tcp", socket.AF_INET), ("/proc/net/tcp6", socket.AF_INET6)):
        try:
            with open(name) as file:
                rows = file.read().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if len(fields) > 9 and fields[3] == LISTEN and (own is None or fields[9] in own):
                address, port = fields[1].split(":")
                # Words of 32 bits in the order of the processor; inet_ntop wants them in network order.
                words = struct.unpack(f"<{len(address) // 8}I", bytes.fromhex(address))
                packed = struct.pack(f">{len(words)}I", *words)
                found.append([socket.inet_ntop(family, packed), int(port, 16)])
    return found


def listening_paths(ancestor: "Optional[int]") -> "List[List[str]]":
    """[path] of each listening Unix socket of our processes, from /proc/net/unix (proc(5))."""
    own = own_sockets(ancestor)
    try:
        with open("/proc/net/unix", errors="surrogateescape") as file:
            rows = [row.split(None, 7) for row in file.read().splitlines()[1:]]
    except OSError:
        return []
    return [
        [row[7]] for row in rows if len(row) > 7 and int(row[3], 16) & ACCEPTS and row[7].startswith("/") and (own is None or row[6] in own)
    ]


def is_busy(ancestor: "Optional[int]") -> bool:
    """Whether a process here, or one below *ancestor*, is running. This process does not count."""
    return any(processes.runs(process) for process in processes.descendants(ancestor) if int(process) != os.getpid())


class Relay:
    """The connections that are open."""

    def __init__(self, ancestor: "Optional[int]" = None) -> None:
        self.ancestor = ancestor
        self.connections: Dict[int, socket.socket] = {}
        # Connections whose other end sends nothing more.
        self.ended: Set[int] = set()

    def send(self, number: int, kind: bytes, payload: bytes = b"") -> None:
        data = HEADER.pack(number, kind, len(payload)) + payload
        while data:
            data = data[os.write(1, data) :]

    def close(self, number: int, reason: bytes = b"") -> None:
        connection = self.connections.pop(number, None)
        self.ended.discard(number)
        if connection is not None:
            connection.close()
            self.send(number, b"X", reason)

    def handle(self, number: int, kind: bytes, payload: bytes) -> None:
        """Does what one frame asks for."""
        connection = self.connections.get(number)
        try:
            if kind == b"L":
                self.send(number, b"L", json.dumps(listening(self.ancestor) + listening_paths(self.ancestor)).encode())
            elif kind == b"B":
                self.send(number, b"B", json.dumps(is_busy(self.ancestor)).encode())
            elif kind == b"C":
                self.connections[number] = self.connect(json.loads(payload.decode()))
                self.send(number, b"O")
            elif connection is None:
                pass
            elif kind in (b"D", b"E"):
                self.forward(connection, payload, kind == b"E")
            elif kind == b"X":
                self.close(number)
        except OSError as error:
            self.connections.setdefault(number, socket.socket())
            self.close(number, str(error).encode())

    @staticmethod
    def connect(target: "List[Any]") -> "socket.socket":
        """A connection to [host, port] or [path]. Raises OSError.

        socket.create_connection would import the codec idna, which the kit does not contain.
        """
        if len(target) == 1:
            opened = socket.socket(socket.AF_UNIX)
            opened.connect(target[0])
        else:
            opened = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET)
            opened.connect((target[0], target[1]))
        return opened

    @staticmethod
    def forward(connection: "socket.socket", payload: bytes, last: bool) -> None:
        """Sends data, or ends sending.

        Failures are ignored: a server may answer and close before it has read all, and its answer still has to be
        received.
        """
        try:
            connection.sendall(payload)
            if last:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def receive(self, number: int) -> None:
        try:
            data = self.connections[number].recv(CHUNK)
        except OSError as error:
            self.close(number, str(error).encode())
            return
        if data:
            self.send(number, b"D", data)
        else:
            self.ended.add(number)
            self.send(number, b"E")

    def run(self) -> None:
        """Serves until the input ends."""
        pending = b""
        while True:
            sockets = {item: number for number, item in self.connections.items() if number not in self.ended}
            readable, _, _ = select.select([0, *sockets], [], [])
            for item in readable:
                if item != 0:
                    if sockets[item] in self.connections:
                        self.receive(sockets[item])
                    continue
                data = os.read(0, CHUNK)
                if not data:
                    return
                pending += data
                while len(pending) >= HEADER.size:
                    number, kind, length = HEADER.unpack_from(pending)
                    if len(pending) < HEADER.size + length:
                        break
                    payload = pending[HEADER.size : HEADER.size + length]
                    pending = pending[HEADER.size + length :]
                    self.handle(number, kind, payload)


def main() -> None:
    Relay(int(sys.argv[1]) if len(sys.argv) > 1 else None).run()
