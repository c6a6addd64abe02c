"""Gets the code object of a module's file: a source, a .pyc, or either of them in a zip archive; or of a notebook.

A valid .pyc beside a source is preferred, since loading it is ten times faster than compiling.
"""

import importlib.util
import marshal
import os
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Optional

# A larger source holds data; compiling it would take minutes, and its names would say nothing.
LARGEST_SOURCE = 16 << 20
# Bytes before the code in a .pyc: PEP 552 added four.
PYC_HEADER = 16 if sys.version_info >= (3, 7) else 12


class NotReadable(Exception):
    """Why a file has no code for this Python, as a sentence for the user."""


def code_of(path: str) -> "CodeType":
    """The code of the module in the file *path*.

    Raises NotReadable, OSError, SyntaxError, or whatever `compile` and `marshal.loads` raise for bad input.
    """
    if path.endswith(".pyc"):
        data = read_file(path)
        if data[:4] != importlib.util.MAGIC_NUMBER:
            raise NotReadable("compiled by another Python")
        return marshal.loads(data[PYC_HEADER:])
    code = cached_code(path)
    if code is not None:
        return code
    if os.path.isfile(path) and os.path.getsize(path) > LARGEST_SOURCE:
        raise NotReadable(f"larger than {LARGEST_SOURCE >> 20} MiB, not read")
    source = read_file(path)
    flags = 0
    if path.endswith(".ipynb"):
        from . import notebooks

        source, flags = notebooks.source_of(source, __import__("json").loads), notebooks.FLAGS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, path, "exec", flags, dont_inherit=True)


def is_compiled(path: str) -> bool:
    """Whether a source has a .pyc, valid or not."""
    return path.endswith(".py") and os.path.isfile(importlib.util.cache_from_source(path))


def cached_code(path: str) -> "Optional[CodeType]":
    """The code in the .pyc of a source, or None if there is no valid one."""
    data = cached_bytes(path)
    try:
        return None if data is None else marshal.loads(data)
    except Exception:
        return None


def cached_bytes(path: str) -> "Optional[bytes]":
    """The code in the .pyc of a source as marshal wrote it, or None if there is no valid .pyc (PEP 3147, PEP 552)."""
    try:
        cache = importlib.util.cache_from_source(path)
        with open(cache, "rb") as file:
            data = file.read()
        if data[:4] != importlib.util.MAGIC_NUMBER:
            return None
        if sys.version_info >= (3, 7):
            flags, data = int.from_bytes(data[4:8], "little"), data[4:]
            if flags & 1:
                return data[12:]
        info = os.stat(path)
        if int.from_bytes(data[4:8], "little") != int(info.st_mtime) & 0xFFFFFFFF:
            return None
        if int.from_bytes(data[8:12], "little") != info.st_size & 0xFFFFFFFF:
            return None
        return data[12:]
    except Exception:
        return None


def read_file(path: str) -> bytes:
    """The bytes of a file. *path* may lead into a zip archive. Raises OSError."""
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return file.read()
    archive = path
    while archive not in ("", "/"):
        archive = os.path.dirname(archive)
        if os.path.isfile(archive):
            with __import__("zipfile").ZipFile(archive) as opened:
                return opened.read(path[len(archive) + 1 :])
    raise OSError("no such file")
