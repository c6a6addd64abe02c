"""Lends modules that the image does not have to code that comes from outside, and to no other code.

Tests and pytest import modules of their own: doctest, numpy.testing, a library's test data. Where the image does not have
one, it comes from a copy of the original's folders. Code of the image never sees such a module, also when it is loaded
already: for that code the import fails, as it does without the tests.
"""

import builtins
import os
import re
import sys
from importlib.machinery import PathFinder
from importlib.util import resolve_name

OUTSIDE = os.path.dirname(os.path.abspath(__file__))
STANDARD = [f"{OUTSIDE}/stdlib", f"{OUTSIDE}/stdlib/lib-dynload"]
SITE = f"{OUTSIDE}/site"

imported = builtins.__import__


def asked_from_outside(frame):
    """Whether code of the tests or of pytest stands behind an import. importlib and code without a file are passed over."""
    while frame and (frame.f_code.co_filename.startswith("<") or "/importlib/" in frame.f_code.co_filename):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(OUTSIDE)


class Tests:
    """Finds the tests in a distribution's folders outside, first of all: the image may have a part of such a package."""

    # Names of packages and modules of tests.
    names = re.compile(r"(^|\.)(tests?|conftest)(\.|$)")

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if "." not in name or not cls.names.search(name) or not asked_from_outside(sys._getframe(1)):
            return None
        return PathFinder.find_spec(name, [f"{SITE}/{name.rpartition('.')[0].replace('.', '/')}"])


class Lent:
    """Finds modules of the standard library and of the installed distributions outside."""

    names = set()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if not asked_from_outside(sys._getframe(1)):
            return None
        parent = name.rpartition(".")[0].replace(".", "/")
        folders = [f"{folder}/{parent}" for folder in (STANDARD[0], SITE)] if parent else [*STANDARD, SITE]
        spec = PathFinder.find_spec(name, folders)
        if spec and spec.origin:
            cls.names.add(name)
            return spec
        return None


def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    """The import statement. It refuses lent modules to code of the image."""
    if Lent.names and not asked_from_outside(sys._getframe(1)):
        whole = name
        if level and globals:
            package = globals.get("__package__") or (globals.get("__name__") or "").rpartition(".")[0]
            whole = resolve_name("." * level + name, package) if package else name
        refused = Lent.names.intersection([whole, *(f"{whole}.{one}" for one in fromlist or ())])
        if refused:
            raise ModuleNotFoundError(f"No module named {min(refused)!r}", name=min(refused))
    return imported(name, globals, locals, fromlist, level)


def lend():
    sys.meta_path.insert(0, Tests)
    sys.meta_path.append(Lent)
    builtins.__import__ = guarded
