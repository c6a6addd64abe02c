"""Asks the image's dynamic loader (ld.so) which libraries a file gets."""

import os
import struct
import subprocess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional

PT_INTERP = 3


def loader_of(path: str) -> "Optional[str]":
    """The loader that an executable names (PT_INTERP, elf(5)); None if it is no 64-bit little-endian ELF file or names none."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            return None
        table, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        for index in range(count):
            file.seek(table + index * size)
            kind, _, offset, _, _, length = struct.unpack("<IIQQQQ", file.read(40))
            if kind == PT_INTERP:
                file.seek(offset)
                return file.read(length).rstrip(b"\0").decode()
    return None


def libraries_of(loader: str, path: str) -> "Dict[str, Optional[str]]":
    """What the loader resolves for the file *path*: soname -> path, or None if not found (ld.so(8), --list)."""
    run = subprocess.run([loader, "--list", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    found: Dict[str, Optional[str]] = {}
    for line in os.fsdecode(run.stdout).splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if arrow:
            target = rest.rpartition(" (0x")[0] or rest
            found[name] = target if target.startswith("/") else None
        elif name.startswith("/"):
            path_of_loader = name.rpartition(" (0x")[0]
            found[path_of_loader] = path_of_loader
    return found
