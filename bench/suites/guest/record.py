"""Writes down how each case ended, and why one failed."""

import functools
import os
import re
import shutil
import sys

from lent import OUTSIDE


class Recorder:
    """A plugin of pytest. A case fails if any of its phases fails.

    `cases` maps a case to its outcome. `reasons` maps a case that did not pass to a line about it. `own` lists failed cases
    that the test code itself causes: it imports a module, or has the library start a program, that the image does not have.
    """

    def __init__(self):
        self.cases = {}
        self.reasons = {}
        self.own = set()
        self.missed = set()
        self.watch_programs()

    def watch_programs(self):
        which = shutil.which

        def recorded(name, *rest, **named):
            found = which(name, *rest, **named)
            if found is None:
                self.missed.add(os.fspath(name))
            return found

        shutil.which = recorded
        sys.addaudithook(self.audit)

    def audit(self, event, args):
        if event in ("subprocess.Popen", "os.posix_spawn", "os.exec"):
            command = args[1] if isinstance(args[1], (list, tuple)) else [args[1]]
            self.missed.update(word for part in command if isinstance(part, str) for word in part.split()[:1])
        elif event == "os.system":
            self.missed.update(os.fsdecode(args[0]).split()[:1])

    def pytest_runtest_setup(self, item):
        self.missed.clear()

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            if self.cases.get(report.nodeid) != "failed":
                self.cases[report.nodeid] = report.outcome
                if report.outcome != "passed":
                    self.reasons[report.nodeid] = reason(report)

    def pytest_collectreport(self, report):
        if report.outcome == "failed":
            self.cases[f"{report.nodeid} (collected)"] = "failed"
            self.reasons[f"{report.nodeid} (collected)"] = reason(report)

    def pytest_runtest_makereport(self, item, call):
        if call.excinfo and (by_import(call.excinfo.value) or self.by_program(item)):
            self.own.add(item.nodeid)

    def by_program(self, item):
        """Whether a program was looked for that only the original has, and that the test's own text or parameters name."""
        text = repr(getattr(item, "callspec", None) and item.callspec.params) + source(item)
        return any(named(name, text) for name in map(os.path.basename, self.missed) if name in only_original())


@functools.cache
def only_original():
    """Names of the programs in the original's search path that the image does not have."""
    with open(f"{OUTSIDE}/programs") as file:
        names = set(file.read().split())
    return names.difference(*(os.listdir(folder) for folder in os.environ["PATH"].split(":") if os.path.isdir(folder)))


def named(name, text):
    """Whether a string in the text begins with a program's name."""
    return re.search(rf"""['"]\s*(/\S*/)?{re.escape(name)}(?![\w.-])""", text) is not None


def source(item):
    import inspect

    try:
        return inspect.getsource(item.function)
    except (AttributeError, OSError, TypeError):
        return ""


def by_import(error):
    """Whether an import statement outside the image asked for a module that is missing."""
    if not isinstance(error, ImportError):
        return False
    frames = []
    trace = error.__traceback__
    while trace:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    frames = [name for name in frames if "importlib" not in name and name != f"{OUTSIDE}/lent.py"]
    return bool(frames) and frames[-1].startswith(OUTSIDE)


def reason(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)
    return " ".join(text.split())[:300]
