"""Starts one of the probes: start.py NAME [ARGUMENT...].

A file of its own, since `python -c` imports linecache from Python 3.13 on, which the kit would then have to contain.
"""

import sys

sys.path.append(__file__.rpartition("/")[0].rpartition("/")[0])
try:
    import json  # noqa: F401 - the probes import it themselves; this is where they get a substitute
except ImportError:
    from pyshrink_probes import plainjson

    sys.modules["json"] = plainjson
name = sys.argv.pop(1)
getattr(__import__("pyshrink_probes." + name), name).main()
