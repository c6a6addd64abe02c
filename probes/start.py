"""Starts one of the probes: start.py NAME [ARGUMENT...].

A file, since `python -c` imports linecache from 3.13 on, which the kit has no other need of.
"""

import sys

sys.path.append(__file__.rpartition("/")[0].rpartition("/")[0])
try:
    import json
except ImportError:
    from pyshrink_probes import plainjson

    sys.modules["json"] = plainjson
name = sys.argv.pop(1)
getattr(__import__("pyshrink_probes." + name), name).main()
