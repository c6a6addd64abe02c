"""Asks the app's interpreter where it looks for modules.

The helper itself runs isolated (-I -S), so it starts the interpreter once more, the way the app does.
"""

import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

SITE_PACKAGES = r"""
import site, sys
folders = getattr(site, "getsitepackages", list)() + [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
print("\n".join(dict.fromkeys(folders)))
"""

# Prints the layout as a Python literal. MAPPING and NAMESPACES are in setuptools' __editable___NAME_finder.py.
LAYOUT = r"""
import importlib.machinery, os, sys
editable = {}
for finder in sys.meta_path:
    module = sys.modules.get(getattr(finder, "__module__", None) or type(finder).__module__)
    for name in ("MAPPING", "NAMESPACES"):
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


def output_of(code: str, **options: "Any") -> "List[str]":
    """The lines that *code* prints in the app's interpreter. *options*: those of subprocess.run.

    The interpreter starts as it does by default, or isolated if the image's variables keep it from starting. With -B it
    writes no .pyc files, which the inventory would list as part of the image. Raises RuntimeError if it does not start.
    """
    for flags in (["-B"], ["-B", "-I"]):
        run = subprocess.run([sys.executable, *flags, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
        if run.returncode == 0:
            return os.fsdecode(run.stdout).strip().splitlines()
    raise RuntimeError(f"the image's Python does not start: {os.fsdecode(run.stderr).strip()[-500:]}")


def site_packages() -> "List[str]":
    """The folders in which the app's interpreter looks for .pth files."""
    return [line for line in output_of(SITE_PACKAGES) if os.path.isdir(line)]


def layout(request: "Dict[str, Any]") -> "Dict[str, Any]":
    """Where the app's interpreter looks for modules: see docs/probes.md.

    *env*: the run's environment, on top of the image's; *cwd*: the app's working directory.
    """
    from ast import literal_eval

    cwd = request["cwd"] if os.path.isdir(request["cwd"]) else "/"
    return literal_eval(output_of(LAYOUT, cwd=cwd, env=dict(os.environ, **request["env"]))[-1])
