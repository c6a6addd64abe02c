"""Finds the modules that an extension module names: their names are among its constants."""

import os
import re
import struct
import sys

from .cythonstrings import IS_CYTHON, cython_strings, cython_texts, names_in
from .ruststrings import rust_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Set

# Bytes of a file above which it is not read.
LARGEST = 1 << 30
EXACT = re.compile(rb"(?<=\0)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?=\0)")
MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z")
PRINTABLE = re.compile(rb"[\x20-\x7e\n]{64,}")
# May be the name of a module. Those of Cython's own and special ones are none.
WORD = re.compile(r"(?!__)[A-Za-z_]\w{,60}\Z")
# Modules whose names are ordinary words: without a dot they prove nothing.
ORDINARY_WORDS = set(
    "cmd code email html http parser platform profile readline resource secrets site symbol test this token trace turtle wave".split()
)
# Shorter names occur by chance in strings without separators.
SHORTEST_WORD = 6
SHT_PROGBITS = 1
IN_NAMES = bytes(code for code in range(256) if chr(code).isalnum() or code == 95 or code > 127)
REST_OF_NAME = re.compile(rb"(?:\.\w+)+")


def read_only_sections(data: bytes) -> "List[bytes]":
    """The sections called .rodata* of a 64-bit little-endian ELF file (elf(5)), or the whole file if it has none."""
    try:
        table, size, count, index = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HHH", data, 58)
        headers = [struct.unpack_from("<IIQQQQ", data, table + number * size) for number in range(count)]
        names = headers[index][4]
        sections = [header[4:6] for header in headers if header[1] == SHT_PROGBITS and data.startswith(b".rodata", names + header[0])]
    except (struct.error, IndexError):
        sections = []
    return [data[offset : offset + length] for offset, length in sections] or [data]


def dotted_names(text: bytes, top_level: "Set[str]") -> "Iterator[str]":
    """Dotted names in a text without separators that begin with one of *top_level*: the longest one before the first dot that has one."""
    names = {name.encode() for name in top_level}
    longest = max(map(len, names), default=0)
    for match in REST_OF_NAME.finditer(text):
        before = text[max(0, match.start() - longest) : match.start()]
        before = before[len(before.rstrip(IN_NAMES)) :]
        parts = match.group().split(b".")[1:]
        for index, part in enumerate(parts):
            first = next((before[at:] for at in range(max(0, len(before) - longest), len(before)) if before[at:] in names), None)
            if first:
                yield b".".join([first, *parts[index:]]).decode("ascii", "replace")
                break
            before = part


def summary_of(path: str, names: "List[str]") -> "Dict[str, Any]":
    """Summary of an extension module: {"strings": names of modules, "words": other names}, or {"error": text} if it is too large.

    *names*: top-level modules to look for, besides those of the standard library.
    Words are the other names among the strings of Cython: of `from package import part` it has `package` and `part`.
    Cython and PyO3 store their strings without separators. Cython has a table of their lengths (cythonstrings.py), PyO3 has
    each length where the string is used (ruststrings.py). Where neither is found, a name counts wherever it begins.
    """
    if os.path.getsize(path) > LARGEST:
        return {"error": f"larger than {LARGEST >> 20} MiB, not read"}
    with open(path, "rb") as file:
        whole = file.read()
    sections = read_only_sections(whole)
    data = b"\0".join(sections)
    standard = set(getattr(sys, "stdlib_module_names", ()) or sys.builtin_module_names)
    top_level = standard | set(names)
    found = {name for name in map(bytes.decode, EXACT.findall(data)) if name.partition(".")[0] in top_level}
    words: Set[str] = set()
    is_cython = IS_CYTHON.search(data) is not None
    if is_cython or b"pyo3" in data:
        # A separate word in such a file comes from a C library that is linked in. One that begins with _ is no word of a language:
        # cryptography has _cffi_backend in the code that cffi made.
        found = {name for name in found if "." in name or (name[0] == "_" and name not in standard)}
        glued = [text for section in sections for text in cython_texts(section)] if is_cython else []
        text = b"\0".join(PRINTABLE.findall(data) + glued)
        strings, uncut = cython_strings(sections, glued)
        found.update(name for name in strings if name.partition(".")[0] in top_level and MODULE.match(name))
        words = {word for word in strings if WORD.match(word)}
        for one in uncut:
            found.update(names_in(one, top_level))
        cut = rust_names(whole, top_level) if b"pyo3" in data else set()
        found |= cut
        found.update(dotted_names(text, top_level))
        if not (strings or uncut or cut):  # where the strings are known, a name inside a longer string is chance
            found.update(name for name in top_level if len(name) >= SHORTEST_WORD and name[0] != "_" and name.encode() in text)
    found -= ORDINARY_WORDS
    return {"strings": sorted(found), "words": sorted(words - found)}
