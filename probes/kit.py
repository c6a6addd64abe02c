"""Makes the kit: a copy of the interpreter that runs this, with all that the probes need to run in another image.

These are: the modules that they import, the shared libraries of the interpreter and of these modules, and the dynamic
loader.
"""

import os
import sys

from .loader import libraries_of, loader_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KIT = os.path.join(HOME, "kit")
OBSERVATIONS = os.path.join(HOME, "observations")
PACKAGE = "pyshrink_probes"


def copy(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(source, "rb") as read, open(target, "wb") as write:
        write.write(read.read())
    os.chmod(target, 0o755)


def copy_module(source: str, target: str) -> None:
    """Copies a source, and puts a .pyc beside the copy: what the image has, or else compiled here, which takes longer.

    The .pyc is of the kind that Python does not compare with the source, so that it is valid whatever the copy's time is
    (PEP 552). Python 3.6 has no such kind.
    """
    copy(source, target)
    try:
        import importlib.util
        import marshal

        from .codefiles import cached_bytes, code_of
    except ImportError:  # an image that was shrunk before need not have these
        return
    try:
        code = cached_bytes(source) or marshal.dumps(code_of(source))
    except (OSError, SyntaxError, ValueError):  # Python will say it when it imports the copy
        return
    if sys.version_info >= (3, 7):
        check = (1).to_bytes(4, "little") + bytes(8)
    else:
        info = os.stat(target)
        check = (int(info.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little") + info.st_size.to_bytes(4, "little")
    cache = importlib.util.cache_from_source(target)
    os.makedirs(os.path.dirname(cache), exist_ok=True)
    with open(cache, "wb") as file:
        file.write(importlib.util.MAGIC_NUMBER + check + code)


def make_kit(_: "Dict[str, Any]") -> "Dict[str, Any]":
    """Makes the kit in KIT, and returns how to run its Python (docs/probes.md), or {"error": text}.

    The probes are imported first, since whatever sys.modules has then goes into the kit. Words of the command line
    that begin with `kit/` are paths below the folder that the kit is in.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    lacking = None
    if os.path.isdir(OBSERVATIONS):
        # A new volume of an engine belongs to root. Any user of the app writes there, and only to files of its own.
        os.chmod(OBSERVATIONS, 0o1777)
    try:
        __import__(PACKAGE + ".supervisor")
        __import__(PACKAGE + ".relay")
    except ImportError as error:
        return {"error": f"the image's Python lacks what the supervisor needs: {error}"}
    try:
        __import__(PACKAGE + ".seccomp")
        __import__(PACKAGE + ".enter")
    except ImportError as error:
        lacking = str(error)
    executable = os.path.realpath(sys.executable)
    loader = loader_of(executable)
    standard = os.path.dirname(os.path.abspath(os.__file__))
    major, minor = sys.version_info[:2]
    library = os.path.join(KIT, getattr(sys, "platlibdir", "lib"), f"python{major}.{minor}")
    os.makedirs(os.path.join(library, "lib-dynload"), exist_ok=True)
    copy(executable, KIT + "/bin/python3")
    binaries = [executable]
    frozen = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] != PACKAGE and isinstance(file, str) and os.path.isfile(file):
            frozen[os.path.abspath(file)] = getattr(getattr(module, "__spec__", None), "origin", None) == "frozen"
    for file in frozen:
        if file.endswith(".py") and file.startswith(standard + os.sep):
            # The interpreter itself has the code of a frozen module. Its source only shows where the library is.
            (copy if frozen[file] else copy_module)(file, os.path.join(library, os.path.relpath(file, standard)))
        elif not file.endswith(".py"):
            copy(file, os.path.join(library, "lib-dynload", os.path.basename(file)))
            binaries.append(file)
    for name in os.listdir(here):
        if name.endswith(".py"):
            copy_module(os.path.join(here, name), os.path.join(library, PACKAGE, name))
    command = ["kit/bin/python3"]
    if loader:
        for binary in binaries:
            for name, path in libraries_of(loader, binary).items():
                if path and "/" not in name:
                    copy(path, os.path.join(KIT, "libs", name))
        copy(loader, KIT + "/libs/ld.so")
        command = ["kit/libs/ld.so", "--library-path", "kit/libs", *command]
    return {"command": [*command, "-I", "-S", "-B"], "loader": loader, "lacking": lacking}
