"""Carries connections between our standard streams and ports or sockets inside the container.

Frames in both directions: number of the connection (u32), kind (u8), length (u32), payload; big endian.
In: "C" connect (payload JSON [host, port] or [path]), "D" data, "E" end of data, "X" close, "L" list listening ports.
Out: "O" open, "D" data, "E" end of data, "X" closed (payload: the error, if any), "L" JSON list of [address, port]
and [path].
Ends when its input does.

    start.py relay [PID]     with it, only ports of that process and its descendants are listed
"""

import json
import os
import select
import socket
import struct
import sys
import time

from . import paths

HEADER = struct.Struct(">IcI")
CHUNK = 65536
LISTEN = "0A"
ATTEMPTS, ENDING = 5, 0.005


def link_of(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:  # closed meanwhile
        return ""


def sockets_of(process):
    """Inodes of the sockets that a process holds; None where we may not ask it. One that has ended holds none."""
    folder = "/proc/%s/fd" % process
    for _ in range(ATTEMPTS):
        try:
            links = [link_of(folder + "/" + name) for name in os.listdir(folder)]
            return {link[8:-1] for link in links if link.startswith("socket:[")}
        except (FileNotFoundError, ProcessLookupError):
            return set()
        except PermissionError:  # so it is, too, while a process ends
            try:
                with open("/proc/%s/stat" % process, "rb") as file:
                    if file.read().rpartition(b") ")[2][:1] in (b"Z", b"X"):
                        return set()
            except OSError:
                return set()
            time.sleep(ENDING)
    return None


def own_sockets(ancestor):
    """Inodes of the sockets that processes here hold, or descendants of one; None where not all of them can be asked."""
    held = [sockets_of(process) for process in paths.descendants(ancestor)]
    return None if None in held else set().union(*held)


def listening(ancestor):
    """[address, port] of each listening TCP socket of a process here, from /proc/net/tcp (proc(5)): no connection is
    made. Where the network is the machine's own, others listen there too."""
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
                words = struct.unpack("<%dI" % (len(address) // 8), bytes.fromhex(address))
                packed = struct.pack(">%dI" % len(words), *words)
                found.append([socket.inet_ntop(family, packed), int(port, 16)])
    return found


def listening_paths(ancestor):
    """[path] of each Unix socket that listens for a process here (proc(5): its flags have __SO_ACCEPTCON)."""
    own = own_sockets(ancestor)
    try:
        with open("/proc/net/unix", errors="surrogateescape") as file:
            rows = [row.split(None, 7) for row in file.read().splitlines()[1:]]
    except OSError:
        return []
    return [
        [row[7]] for row in rows if len(row) > 7 and int(row[3], 16) & 0x10000 and row[7].startswith("/") and (own is None or row[6] in own)
    ]


class Relay:
    def __init__(self, ancestor=None):
        self.ancestor = ancestor
        self.connections = {}
        self.ended = set()

    def send(self, number, kind, payload=b""):
        data = HEADER.pack(number, kind, len(payload)) + payload
        while data:
            data = data[os.write(1, data):]

    def close(self, number, reason=b""):
        connection = self.connections.pop(number, None)
        self.ended.discard(number)
        if connection is not None:
            connection.close()
            self.send(number, b"X", reason)

    def handle(self, number, kind, payload):
        connection = self.connections.get(number)
        try:
            if kind == b"L":
                self.send(number, b"L", json.dumps(listening(self.ancestor) + listening_paths(self.ancestor)).encode())
            elif kind == b"C":
                target = json.loads(payload.decode())
                if len(target) == 1:
                    opened = socket.socket(socket.AF_UNIX)
                    opened.connect(target[0])
                else:
                    # no create_connection: it would import the idna codec, which the kit need not carry
                    opened = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET)
                    opened.connect((target[0], target[1]))
                self.connections[number] = opened
                self.send(number, b"O")
            elif connection is None:
                pass
            elif kind in (b"D", b"E"):
                self.tell(connection, payload, kind == b"E")
            elif kind == b"X":
                self.close(number)
        except OSError as error:
            self.connections.setdefault(number, socket.socket())
            self.close(number, str(error).encode())

    @staticmethod
    def tell(connection, payload, last):
        """Sends, or ends sending. A server may answer and close before it has read all: its answer is still to be received."""
        try:
            connection.sendall(payload)
            if last:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def receive(self, number):
        try:
            data = self.connections[number].recv(CHUNK)
        except OSError as error:
            return self.close(number, str(error).encode())
        if data:
            self.send(number, b"D", data)
        else:
            self.ended.add(number)
            self.send(number, b"E")

    def run(self):
        pending = b""
        while True:
            sockets = {item: number for number, item in self.connections.items() if number not in self.ended}
            readable, _, _ = select.select([0] + list(sockets), [], [])
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


def main():
    Relay(int(sys.argv[1]) if len(sys.argv) > 1 else None).run()
