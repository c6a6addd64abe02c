"""The helper: answers questions about the image, in a container of its own, under the image's interpreter.

    start.py server

It reads one JSON request a line from stdin. For each it writes a JSON line to stdout: {"ok": true, "size": N}, followed
by N bytes, or {"error": text}. docs/probes.md lists the requests. It ends when its input ends, so that it never
outlives the client.
"""

import json
import os
import sys

from .interpreter import layout, site_packages
from .inventory import inventory
from .kit import make_kit
from .loader import libraries_of
from .processes import status_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

CHUNK = 1 << 20


def information(_: "Dict[str, Any]") -> "Dict[str, Any]":
    """The interpreter that runs this."""
    return {
        "version": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "real": os.path.realpath(sys.executable),
        "architecture": os.uname().machine,
        "sitePackages": site_packages(),
        "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix}),
    }


def read(request: "Dict[str, Any]") -> bytes:
    """*length* bytes of the file *path* from *offset* on; fewer at its end."""
    with open(request["path"], "rb") as file:
        file.seek(request["offset"])
        return file.read(request["length"])


def loader(request: "Dict[str, Any]") -> "Dict[str, Dict[str, Optional[str]]]":
    """Path -> the libraries that *loader* resolves for it, for each of *paths*."""
    return {path: libraries_of(request["loader"], path) for path in request["paths"]}


def summaries(request: "Dict[str, Any]") -> "List[Dict[str, Any]]":
    """For each of *paths* its summary. *names*: top-level modules that extension modules may name; *own*: whether it is the app's code."""
    from .apart import each
    from .summary import summary_of

    return each(lambda path: summary_of(path, request["names"], request["own"]), request["paths"])


def lines(request: "Dict[str, Any]") -> "List[Dict[str, Any]]":
    """For each file of *wanted* the lines of the texts that are wanted in it: see lines.py."""
    from .apart import each
    from .lines import lines_of

    wanted = dict(request["wanted"])
    return each(lambda path: lines_of(path, wanted[path]), list(wanted))


def appcode(request: "Dict[str, Any]") -> "List[Dict[str, Any]]":
    """For each of *paths* what the code says about how the app is used: see appcode.py."""
    from .appcode import code_of

    return [code_of(path) for path in request["paths"]]


def members(request: "Dict[str, Any]") -> "List[str]":
    """Names in the zip archive *path*; empty if the file is no zip archive."""
    import zipfile

    if not zipfile.is_zipfile(request["path"]):
        return []
    with zipfile.ZipFile(request["path"]) as archive:
        return archive.namelist()


ANSWERS = {
    "information": information,
    "kit": make_kit,
    "layout": layout,
    "inventory": inventory,
    "read": read,
    "loader": loader,
    "summaries": summaries,
    "lines": lines,
    "appcode": appcode,
    "members": members,
}


def write_contents(request: "Dict[str, Any]") -> None:
    """Streams the bytes of *paths*, one file after the other, each exactly as long as *sizes* says.

    A file that turns out shorter ends the helper, since its answer has begun already.
    """
    sizes = request["sizes"]
    write_header(sum(sizes))
    for path, size in zip(request["paths"], sizes):
        with open(path, "rb") as file:
            left = size
            while left:
                data = file.read(min(left, CHUNK))
                if not data:
                    raise RuntimeError(f"{path} is shorter than the inventory says")
                write_all(data)
                left -= len(data)


def write_header(size: int) -> None:
    write_line({"ok": True, "size": size})


def write_line(value: "Dict[str, Any]") -> None:
    write_all((json.dumps(value) + "\n").encode())


def write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def confine() -> None:
    """Refuses itself what a container runtime would refuse. Where there is a filter already, a runtime has done it."""
    if status_of(os.getpid()).get(b"Seccomp") != b"0":
        return
    try:
        from . import refused, syscalls
    except ImportError:  # without ctypes, no app is run either
        return
    if os.uname().machine in syscalls.ARCHITECTURES:
        refused.install(())


def main() -> None:
    confine()
    for line in sys.stdin.buffer:
        request = json.loads(line.decode())
        if request["op"] == "contents":
            write_contents(request)
            continue
        try:
            answer = ANSWERS[request["op"]](request)
        except Exception as error:
            write_line({"error": f"{type(error).__name__}: {error}"})
            continue
        if not isinstance(answer, bytes):
            answer = json.dumps(answer).encode()
        write_header(len(answer))
        write_all(answer)
