"""Imports every module that is named on stdin, first in a fork of its own, and prints `name result` for each.

Needs os and sys alone, so that it runs in an image that has little else.
"""
import os
import sys

names = sys.stdin.read().split()
for top in sorted({name.partition(".")[0] for name in names}):
    try:
        __import__(top)
    except BaseException:
        pass
out = os.fdopen(os.dup(1), "w", 1)
nothing = os.open(os.devnull, os.O_RDWR)
for number in range(3):
    os.dup2(nothing, number)
for name in names:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            __import__(name)
            result = "fine"
        except BaseException as error:
            result = type(error).__name__ + ":" + str(error).replace("\n", " ")[:200]
        os.write(write, result.encode())
        os._exit(0)
    os.close(write)
    text = b""
    while True:
        part = os.read(read, 4096)
        if not part:
            break
        text += part
    os.close(read)
    os.waitpid(pid, 0)
    if text == b"fine":
        # Here as well, so that the next ones find it there.
        try:
            __import__(name)
        except BaseException:
            pass
    out.write("%s %s\n" % (name, text.decode() or "died"))
