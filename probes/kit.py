"""Makes the kit: a copy of the interpreter that runs this, with the modules that the probes need, their libraries and ld.so."""

import os
import struct
import subprocess
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KIT = os.path.join(HOME, "kit")
PACKAGE = "pyshrink_probes"


def interpreter_of(path):
    """PT_INTERP of a 64-bit little-endian ELF file (elf(5)), or None."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            return None
        table, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        for index in range(count):
            file.seek(table + index * size)
            kind, _, offset, _, _, length = struct.unpack("<IIQQQQ", file.read(40))
            if kind == 3:
                file.seek(offset)
                return file.read(length).rstrip(b"\0").decode()
    return None


def loader_list(loader, path):
    """What the image's own loader resolves for *path*: {soname: path or None}, as `ldd` asks it (ld.so(8), --list)."""
    run = subprocess.run([loader, "--list", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    found = {}
    for line in os.fsdecode(run.stdout).splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if arrow:
            target = rest.rpartition(" (0x")[0] or rest
            found[name] = target if target.startswith("/") else None
        elif name.startswith("/"):
            found[name.rpartition(" (0x")[0]] = name.rpartition(" (0x")[0]
    return found


def copy(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(source, "rb") as read, open(target, "wb") as write:
        write.write(read.read())
    os.chmod(target, 0o755)


def compiled(source, target):
    """Copies a module and compiles it beside the copy, valid whatever the copy's time is (PEP 552, unchecked)."""
    copy(source, target)
    try:
        import py_compile
    except ImportError:  # in an image that was shrunk before
        return
    arguments = {"doraise": False}
    if hasattr(py_compile, "PycInvalidationMode"):
        arguments["invalidation_mode"] = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(target, **arguments)


def make_kit(_):
    """Copies this interpreter, the modules that the probes need, their libraries and ld.so to KIT.

    Words of the command line that begin with `kit/` are below the folder that the kit is in."""
    here = os.path.dirname(os.path.abspath(__file__))
    lacking = None
    try:
        __import__(PACKAGE + ".supervisor")
        __import__(PACKAGE + ".relay")
    except ImportError as error:
        return {"error": "the image's Python lacks what the supervisor needs: %s" % error}
    try:
        __import__(PACKAGE + ".seccomp")
        __import__(PACKAGE + ".enter")
    except ImportError as error:
        lacking = str(error)
    executable = os.path.realpath(sys.executable)
    loader = interpreter_of(executable)
    standard = os.path.dirname(os.path.abspath(os.__file__))
    library = os.path.join(KIT, getattr(sys, "platlibdir", "lib"), "python%d.%d" % sys.version_info[:2])
    os.makedirs(os.path.join(library, "lib-dynload"), exist_ok=True)
    copy(executable, KIT + "/bin/python3")
    binaries = [executable]
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not os.path.isfile(file):
            continue
        if module.__name__.partition(".")[0] == PACKAGE:
            continue
        file = os.path.abspath(file)
        if file.endswith(".py") and file.startswith(standard + os.sep):
            compiled(file, os.path.join(library, os.path.relpath(file, standard)))
        elif not file.endswith(".py"):
            copy(file, os.path.join(library, "lib-dynload", os.path.basename(file)))
            binaries.append(file)
    for name in os.listdir(here):
        if name.endswith(".py"):
            compiled(os.path.join(here, name), os.path.join(library, PACKAGE, name))
    command = ["kit/bin/python3"]
    if loader:
        for binary in binaries:
            for name, path in loader_list(loader, binary).items():
                if path and "/" not in name:
                    copy(path, os.path.join(KIT, "libs", name))
        copy(loader, KIT + "/libs/ld.so")
        command = ["kit/libs/ld.so", "--library-path", "kit/libs"] + command
    return {"command": command + ["-I", "-S", "-B"], "loader": loader, "lacking": lacking}
