"""The helper: run by the image's own interpreter in a container of its own, it answers questions about the image.

    start.py server

One JSON request a line on stdin; for each a JSON line {"ok": true, "size": N} followed by N bytes, or {"error": text}
on stdout. It ends when its input does, so that it never outlives the client.
"""

import json
import os
import struct
import subprocess
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KIT = os.path.join(HOME, "kit")
SKIPPED = ("/.pyshrink", "/.dockerenv", HOME)
CHUNK = 1 << 20
PACKAGE = "pyshrink_probes"
LINKED = 0xA000


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


def ask_interpreter(code, **options):
    """What the app's interpreter prints as it starts by default; isolated, where the image's variables keep it from that.

    -B: nothing may be written that the inventory would then take for the image's own."""
    for flags in (["-B"], ["-B", "-I"]):
        run = subprocess.run([sys.executable] + flags + ["-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
        if run.returncode == 0:
            return os.fsdecode(run.stdout).strip().splitlines()
    raise RuntimeError("the image's Python does not start: %s" % os.fsdecode(run.stderr).strip()[-500:])


def site_packages():
    """The folders in which the app's interpreter looks for .pth files, asked of it as it starts by default."""
    code = (
        "import site, sys; print('\\n'.join(dict.fromkeys(getattr(site, 'getsitepackages', list)() + "
        "[p for p in sys.path if p.endswith(('site-packages', 'dist-packages'))])))"
    )
    return [line for line in ask_interpreter(code) if os.path.isdir(line)]


LAYOUT = r"""
import importlib.machinery, os, sys
editable = {}
for finder in sys.meta_path:
    module = sys.modules.get(getattr(finder, "__module__", None) or type(finder).__module__)
    for name in ("MAPPING", "NAMESPACES"):  # of setuptools' __editable___NAME_finder.py
        for key, value in dict(getattr(module, name, None) or {}).items():
            editable[key] = value[0] if isinstance(value, list) and value else value
print(ascii({
    "searchPath": [os.path.abspath(entry) for entry in sys.path],
    "standardLibrary": [os.path.dirname(os.path.abspath(os.__file__))] + [p for p in sys.path if p.endswith("lib-dynload")],
    "builtins": sorted(sys.builtin_module_names),
    "suffixes": importlib.machinery.EXTENSION_SUFFIXES,
    "editable": {key: value for key, value in editable.items() if isinstance(value, str)},
}))
"""


def layout(request):
    """Where the app's interpreter looks for modules, asked of it as it starts by default: with the environment *env*
    on top of the image's and in the folder *cwd*."""
    cwd = request["cwd"] if os.path.isdir(request["cwd"]) else "/"
    environment = dict(os.environ, **request["env"])
    from ast import literal_eval

    return literal_eval(ask_interpreter(LAYOUT, cwd=cwd, env=environment)[-1])


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


def information(_):
    return {
        "version": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "machine": os.uname().machine,
        "sitePackages": site_packages(),
        "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix}),
    }


def mount_points(kept):
    with open("/proc/self/mountinfo", "rb") as file:
        points = [line.split()[4] for line in file]
    decoded = {os.fsdecode(p.replace(b"\\040", b" ").replace(b"\\011", b"\t").replace(b"\\134", b"\\")) for p in points}
    return decoded - {"/"} - set(kept)


def inventory(request):
    """Every entry of the root file system: rows of path, type, mode, uid, gid, size, mtime (s), link group, target
    or device, extended attributes ({name: hex}). Mount points are listed as empty directories, or not at all where
    they are files. `volumes` names those that hold a copy of the image's own content; `created` is the image's own time
    in seconds.

    With `roots`, only what is below these, and `paths` with all links on their way; `pruned` folders are left out, and
    of the files `made` those that changed after `since` (s)."""
    import stat

    volumes = request.get("volumes", [])
    # On a machine, what is mounted is its own too.
    mounts = set() if "roots" in request else mount_points(volumes)
    created = request.get("created", 0)
    # Starting a container makes what is mounted, which dates the directories around it.
    dated = mounts.union(map(os.path.dirname, mounts), ["/etc/mtab"])
    kinds = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFCHR: "c", stat.S_IFBLK: "b", stat.S_IFIFO: "p"}
    rows = []

    def add(path, info):
        kind = kinds.get(stat.S_IFMT(info.st_mode))
        if kind is None:
            return None
        if path in mounts:
            if kind == "d":
                rows.append([path, "d", 0o755, 0, 0, 0, min(int(info.st_mtime), created), None, None, None])
            return None
        extra = None
        if kind == "l":
            extra = os.readlink(path)
        elif kind in "cb":
            extra = [os.major(info.st_rdev), os.minor(info.st_rdev)]
        attributes = None
        try:
            names = os.listxattr(path, follow_symlinks=False)
            if names:
                attributes = {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in names}
        except OSError:
            pass
        group = "%d:%d" % (info.st_dev, info.st_ino) if info.st_nlink > 1 and kind == "f" else None
        size = info.st_size if kind == "f" else 0
        time = info.st_mtime_ns // 10**9
        if path in dated:
            time = min(time, created)
        rows.append([path, kind, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, size, time, group, extra, attributes])
        return kind

    known = set()
    made, since, pruned = set(request.get("made", [])), request.get("since", 0), set(request.get("pruned", []))

    def once(path, info):
        """Adds an entry that is not there yet, and was there before the run."""
        if path in known or (path in made and info.st_ctime >= since):
            return None
        known.add(path)
        return add(path, info)

    def add_path(path, depth=0):
        """Adds a path with its parents, and what its links lead to."""
        at = ""
        parts = [part for part in path.split("/") if part]
        for index, part in enumerate(parts):
            at += "/" + part
            try:
                info = os.lstat(at)
            except OSError:
                return
            once(at, info)
            if stat.S_ISLNK(info.st_mode):
                target = os.path.join(os.path.dirname(at), os.readlink(at), *parts[index + 1 :])
                if depth < 40:
                    add_path(os.path.normpath(target), depth + 1)
                return

    once("/", os.lstat("/"))
    folders = request.get("roots", ["/"])
    for path in request.get("paths", []):
        add_path(path)
    if "roots" in request:
        for path in folders:
            add_path(path)
        folders = [os.path.realpath(folder) for folder in folders if os.path.isdir(folder)]
    listed = set()
    while folders:
        folder = folders.pop()
        if folder in pruned or folder in listed:
            continue
        listed.add(folder)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = folder.rstrip("/") + "/" + entry.name
            if path in SKIPPED:
                continue
            try:
                once(path, entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False) and path not in mounts:
                    folders.append(path)
            except OSError:
                continue
    return "\n".join(map(json.dumps, rows)).encode()


def read(request):
    with open(request["path"], "rb") as file:
        file.seek(request["offset"])
        return file.read(request["length"])


def loader(request):
    return {path: loader_list(request["loader"], path) for path in request["paths"]}


def digests(request):
    """A hash of each file's bytes, None where it can't be read: the key under which its summary is remembered."""
    import hashlib

    def digest(path):
        try:
            with open(path, "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()[:32]
        except OSError:
            return None

    return [digest(path) for path in request["paths"]]


def summaries(request):
    """What each file names (probes/modules.py). *names*: top-level modules that extension modules may name."""
    modules = getattr(__import__(PACKAGE + ".modules"), "modules")
    return [modules.summary_of(path, request["names"]) for path in request["paths"]]


def members(request):
    """Names in a zip archive; none where it is not one."""
    import zipfile

    if not zipfile.is_zipfile(request["path"]):
        return []
    with zipfile.ZipFile(request["path"]) as archive:
        return archive.namelist()


def write_all(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]


def contents(request):
    """The bytes of `paths`, one after the other, each exactly as long as `sizes` says."""
    sizes = request["sizes"]
    header(sum(sizes))
    for path, size in zip(request["paths"], sizes):
        with open(path, "rb") as file:
            left = size
            while left:
                data = file.read(min(left, CHUNK))
                if not data:
                    raise RuntimeError("%s is shorter than the inventory says" % path)
                write_all(data)
                left -= len(data)


def header(size):
    write_all((json.dumps({"ok": True, "size": size}) + "\n").encode())


def main():
    answers = {
        "information": information, "kit": make_kit, "layout": layout, "inventory": inventory, "read": read,
        "loader": loader, "digests": digests, "summaries": summaries, "members": members,
    }
    for line in sys.stdin.buffer:
        request = json.loads(line.decode())
        if request["op"] == "contents":
            contents(request)
            continue
        try:
            answer = answers[request["op"]](request)
        except Exception as error:
            write_all((json.dumps({"error": "%s: %s" % (type(error).__name__, error)}) + "\n").encode())
            continue
        if not isinstance(answer, bytes):
            answer = json.dumps(answer).encode()
        header(len(answer))
        write_all(answer)

