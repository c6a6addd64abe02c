"""Gives the probes' own parsers hostile inputs. Usage: fuzzprobes.py PARSER FIRST COUNT SECONDS; prints finds as JSON lines.

An input that ends the interpreter is a find, too: each batch runs in a process of its own, which says what it begins.
"""

import json
import marshal
import os
import random
import struct
import sys
import tempfile
import time

from pyshrink_probes import codefiles, lines, paths, plainjson, summary
from pyshrink_probes.apart import each

SOURCE = """
import os, sys
from . import near
NAMES = ("login", b"bytes", 1.5, frozenset({"a", "b"}), -7, 2 ** 70)
class Class:
    def method(self, kind, *rest, **more):
        import json
        try:
            return [__import__("pkg." + one) for one in rest if one]
        except (ValueError, KeyError) as error:
            raise RuntimeError(f"{error!r}") from error
def function(x):
    while x:
        x = os.system("tar -x") if x > 1 else (yield x)
if __name__ == "__main__":
    sys.exit(function(3))
"""
NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]


def damaged(data, chance):
    """The bytes with a few damages: bits, numbers, parts that are missing or doubled."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if not data:
            break
        at, kind = chance.randrange(len(data)), chance.randrange(6)
        length = chance.choice([1, 4, 40, 1000])
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.choice(NUMBERS) & 0xFF
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            data[at:at] = data[at : at + length]
        elif kind == 4:
            del data[at : at + length]
        else:
            data[at : at + 4] = struct.pack(chance.choice("<>") + "I", chance.choice(NUMBERS))
    return bytes(data)


def elf(sections):
    """A 64-bit little-endian ELF file with these read-only sections (elf(5))."""
    names, body, headers = b"\0.rodata\0", b"", [struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]
    start = 64
    for content in sections:
        headers.append(struct.pack("<IIQQQQIIQQ", 1, 1, 2, 0, start + len(body), len(content), 0, 0, 1, 0))
        body += content
    headers.append(struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, start + len(body), len(names), 0, 0, 1, 0))
    body += names
    head = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, start + len(body), 0, 64, 0, 0, 64, len(headers), len(headers) - 1)
    return head + body + b"".join(headers)


LENGTHS = struct.pack("<12I", 3, 5, 7, 4, 6, 8, 3, 9, 5, 4, 6, 7)
BINARY = elf([b"\0os.path\0json.decoder\0__pyx_capi__\0" + LENGTHS + b"numpy.linalgimportlib.utilpandas.io" * 4, b"pyo3_runtime.Panic\0" + b"x" * 64])
CODE_OBJECT = compile(SOURCE, "module.py", "exec")
CODE = codefiles.importlib.util.MAGIC_NUMBER.ljust(codefiles.PYC_HEADER, b"\0") + marshal.dumps(CODE_OBJECT)
FOLDER = tempfile.mkdtemp()
WANTED = [["attribute", "os.system"], ["name", "json"], ["string", "login"], ["import", "pkg."], ["program", "tar"]]


def summarized(name, data):
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as file:
        file.write(data)
    if not name.endswith(".so"):
        lines.lines_of(path, WANTED)
    return summary.summary_of(path, ["numpy", "pandas"])


def changed_code(chance):
    """A code object that is well-formed for marshal, but whose instructions and tables do not fit each other."""

    def change(code):
        options = {"co_code": damaged(code.co_code, chance)}
        if chance.random() < 0.5:
            options["co_names"] = code.co_names[: chance.randrange(len(code.co_names) + 1)]
        if chance.random() < 0.5:
            options["co_consts"] = tuple(change(one) if hasattr(one, "co_code") else one for one in code.co_consts)
        if len(options["co_code"]) % 2:
            options["co_code"] += b"\0"
        return code.replace(**options)

    return change(CODE_OBJECT)


def of_code(chance):
    def work(_):
        if chance.random() < 0.5 or not hasattr(CODE_OBJECT, "replace"):
            return summarized("module.pyc", damaged(CODE, chance))
        one = summary.Summary()
        try:
            code = changed_code(chance)
            lines.Lines(WANTED).of(code)
            one.add_module(code)
            return one.fields()
        except (IndexError, KeyError, ValueError, TypeError):
            return {}  # summary_of says this as an error of the file

    # As the helper does it: what ends the interpreter is an answer.
    if len(each(work, [__file__])) != 1:
        raise AssertionError("no answer")


def of_source(chance):
    return summarized("module.py", damaged(SOURCE.encode(), chance))


def of_binary(chance):
    return summarized("module.so", damaged(BINARY, chance))


def of_json(chance):
    text = damaged(json.dumps({"a": [1, -2.5, "x\u1234", None, True, {"b": []}]}).encode(), chance).decode("utf-8", "surrogateescape")
    try:
        plainjson.loads(text)
    except (ValueError, IndexError, KeyError):
        pass  # it reads only what pyshrink has written


class Journal:
    def add(self, *row):
        self.row = row


def of_notification(chance):
    """Arguments of a system call that point anywhere: what the supervisor reads of this process."""
    from pyshrink_probes import syscalls, watcher

    one = watcher.Watcher.__new__(watcher.Watcher)
    one.journal, one.reader, one.seen, one.time, one.processes, one.warned = Journal(), paths.Reader(), set(), 0, set(), set()
    one.architecture, one.chrooted = os.uname().machine, False
    one.valid = lambda cookie: True
    row = chance.choice(syscalls.TABLE)
    path = chance.choice(row[3])
    here = bytearray(b"/etc/passwd\0" + b"relative\0" + b"\1\0/run/x\0" + bytes(chance.randrange(256) for _ in range(200)))
    import ctypes

    buffer = (ctypes.c_char * len(here)).from_buffer(here)
    start = ctypes.addressof(buffer)
    places = [0, 1, start, start + 12, start + 21, start + chance.randrange(len(here)), start + len(here) - 1, 1 << 47, (1 << 64) - 1, chance.getrandbits(64)]
    arguments = tuple(chance.choice(places + NUMBERS) for _ in range(6))
    try:
        one.record(0, chance.choice([os.getpid(), os.getpid(), 0, 1 << 22, -1]), path, arguments)
    except (OSError, paths.Unreadable):
        pass  # the watcher goes on


def of_sockets(chance):
    paths.socket_path(damaged(b"\1\0/run/app.sock\0" + bytes(90), chance))


PARSERS = {
    "bytecode": of_code,
    "source": of_source,
    "binaries": of_binary,
    "plain JSON": of_json,
    "notifications": of_notification,
    "socket addresses": of_sockets,
}


def main():
    name, first, count, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    seed, end = first, first + count
    while seed < end:
        seed = batch(PARSERS[name], seed, end, seconds)


def batch(parser, first, end, seconds):
    """Runs inputs in a child until one ends it. Returns the seed of the next input."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        for seed in range(first, end):
            os.write(writer, struct.pack("<Q", seed))
            start = time.monotonic()
            try:
                parser(random.Random(seed))
            except BaseException as error:
                print(json.dumps({"seed": seed, "what": repr(error)}), flush=True)
            took = time.monotonic() - start
            if took > seconds:
                print(json.dumps({"seed": seed, "what": "took %.1f s" % took}), flush=True)
        import resource

        # Code is read in children of this process.
        most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        print(json.dumps({"megabytes": most >> 10}), flush=True)
        os._exit(0)
    os.close(writer)
    last = first
    with os.fdopen(reader, "rb") as begun:
        while True:
            data = begun.read(8)
            if len(data) < 8:
                break
            last = struct.unpack("<Q", data)[0]
    status = os.waitpid(child, 0)[1]
    if status == 0:
        return end
    print(json.dumps({"seed": last, "what": "the interpreter ended with status %d" % status}), flush=True)
    return last + 1


if __name__ == "__main__":
    main()
