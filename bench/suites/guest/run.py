"""Runs a library's tests with pytest, in an image that has the library but neither pytest nor the tests.

Usage: run.py RESULT [pytest arguments...]. It writes a JSON object to RESULT: what a Recorder has, and as "lent" the
modules that only the tests and pytest import and that the image does not have.

outside.pth has put pytest and what the tests need at the end of the search path, so the image's own modules come first.
It has started to lend modules, too: see lent.py. Tests that a distribution brings in its own folders are imported by
their full names, such as numpy.linalg.tests.test_linalg: each package but the tests' own is the image's.
"""

import importlib
import sys
from pathlib import Path

from lent import SITE, Lent
from record import Recorder


def by_name(load):
    """pytest's function that imports a file, for files that belong to an installed distribution as well."""

    def import_path(path, **rest):
        path = Path(path)
        if Path(SITE) not in path.parents:
            return load(path, **rest)
        parts = path.relative_to(SITE).with_suffix("").parts
        return importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))

    return import_path


if __name__ == "__main__":
    import json

    import _pytest.config
    import _pytest.python
    import pytest

    _pytest.config.import_path = by_name(_pytest.config.import_path)
    _pytest.python.import_path = by_name(_pytest.python.import_path)
    recorder = Recorder()
    pytest.main(sys.argv[2:], plugins=[recorder])
    found = {"cases": recorder.cases, "reasons": recorder.reasons, "own": sorted(recorder.own), "lent": sorted(Lent.names)}
    with open(sys.argv[1], "w") as file:
        json.dump(found, file)
