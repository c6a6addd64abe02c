"""Runs a library's tests with pytest, in an image that has the library but neither pytest nor the tests.

Usage: run.py RESULT [pytest arguments...]. It writes a JSON object to RESULT: "cases" maps each case to its outcome,
"borrowed" lists the modules that the image does not have.

pytest and what the tests need are at the end of the search path, so the image's own modules come first. A module of the
standard library that the image does not have comes from outside only where pytest or the tests import it. The library
does not get it: that would be a loss.
"""

import sys
from importlib.machinery import PathFinder

OUTSIDE = "/suite"
STANDARD = [f"{OUTSIDE}/stdlib", f"{OUTSIDE}/stdlib/lib-dynload"]


class Borrowed:
    """Finds modules of the standard library outside, for code that is outside itself."""

    names = set()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        frame = sys._getframe(1)
        while frame and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        if not frame or not frame.f_code.co_filename.startswith(OUTSIDE):
            return None
        folder = [f"{OUTSIDE}/stdlib/{name.rpartition('.')[0].replace('.', '/')}"] if "." in name else STANDARD
        spec = PathFinder.find_spec(name, folder)
        if spec:
            cls.names.add(name)
        return spec


class Recorder:
    """Writes down the outcome of each case. A case fails if any of its phases fails."""

    def __init__(self):
        self.cases = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            if self.cases.get(report.nodeid) != "failed":
                self.cases[report.nodeid] = report.outcome

    def pytest_collectreport(self, report):
        if report.outcome == "failed":
            self.cases[f"{report.nodeid} (collected)"] = "failed"


sys.path.append(f"{OUTSIDE}/needs")
sys.meta_path.append(Borrowed)
if __name__ == "__main__":
    import json

    import pytest

    recorder = Recorder()
    pytest.main(sys.argv[2:], plugins=[recorder])
    with open(sys.argv[1], "w") as file:
        json.dump({"cases": recorder.cases, "borrowed": sorted(Borrowed.names)}, file)
