"""The part of pyshrink that runs inside a container, under the image's own CPython (3.6 to 3.14).

Standard library and ctypes only, in the syntax of Python 3.6. docs/probes.md describes how pyshrink talks to it.
An annotation that needs `typing` is quoted, and `typing` is imported for type checkers alone: at run time it would
slow down the app's start and make the kit larger.
"""
