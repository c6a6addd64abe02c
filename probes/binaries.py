"""What an extension module names: the modules whose names stand among its constants."""

import os
import re
import struct
import sys

try:
    import zlib
except ImportError:  # of an interpreter without it, nothing is compressed by it
    zlib = None

LARGEST = 1 << 30
EXACT = re.compile(rb"(?<=\0)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?=\0)")
RUN = re.compile(rb"[\x20-\x7e\n]{64,}")
ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
# Modules whose names are words of every day, or of every file's methods: alone they mean nothing.
EVERYDAY = set(
    "cmd code email html http parser platform profile readline resource secrets site symbol test this token trace turtle wave".split()
)
LONGEST_BLOB = 4 << 20
SHORTEST_WORD = 6


def blobs(data):
    """Texts that Cython 3.2 and later keeps compressed (__Pyx_DecompressString)."""
    for match in ZLIB.finditer(data) if zlib else ():
        try:
            text = zlib.decompressobj().decompress(data[match.start():match.start() + LONGEST_BLOB], LONGEST_BLOB)
        except zlib.error:
            continue
        if len(text) > 64:
            yield text


def constants_of(data):
    """The read-only data of a 64-bit little-endian ELF file (elf(5)): its sections called .rodata*, or all of it."""
    try:
        table, size, count, index = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HHH", data, 58)
        headers = [struct.unpack_from("<IIQQQQ", data, table + number * size) for number in range(count)]
        names = headers[index][4]
        found = [h[4:6] for h in headers if h[1] == 1 and data.startswith(b".rodata", names + h[0])]
    except (struct.error, IndexError):
        found = []
    return b"\0".join(data[offset:offset + length] for offset, length in found) if found else data


def summary_of(path, names):
    """What the file at *path* names; *names*: top-level modules to look for. Cython and PyO3 put their strings one
    after the other without an end, so in those a name counts wherever it begins."""
    if os.path.getsize(path) > LARGEST:
        return {"error": "larger than %d MiB, not read" % (LARGEST >> 20)}
    with open(path, "rb") as file:
        data = constants_of(file.read())
    standard = set(getattr(sys, "stdlib_module_names", ()) or sys.builtin_module_names)
    tops = standard | set(names)
    glued = b"pyo3" in data or b"__pyx" in data
    found = {name for name in map(bytes.decode, EXACT.findall(data)) if name.partition(".")[0] in tops}
    if glued:
        # What stands alone there is of a C library inside.
        found = {name for name in found if "." in name}
        texts = RUN.findall(data) + list(blobs(data))
        dotted = re.compile(rb"(?:%s)(?:\.\w+)+" % b"|".join(sorted(map(str.encode, tops), key=len, reverse=True)))
        for text in texts:
            found.update(run.decode("ascii", "replace") for run in dotted.findall(text))
        text = b"\0".join(texts)
        found.update(name for name in tops if len(name) >= SHORTEST_WORD and name[0] != "_" and name.encode() in text)
    return {"strings": sorted(found - EVERYDAY)}
