"""The helper: run by the image's own interpreter in a container of its own, it answers questions about the image.

    start.py server

One JSON request a line on stdin; for each a JSON line {"ok": true, "size": N} followed by N bytes, or {"error": text}
on stdout. It ends when its input does, so that it never outlives the client.
"""

import json
import os
import subprocess
import sys

from .inventory import inventory
from .kit import loader_list, make_kit

CHUNK = 1 << 20


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


def information(_):
    return {
        "version": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "real": os.path.realpath(sys.executable),
        "machine": os.uname().machine,
        "sitePackages": site_packages(),
        "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix}),
    }


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
    from . import modules

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

