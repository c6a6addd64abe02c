"""Prints the bytes that the level `whole` keeps of an image, by its definition: from dpkg's lists, RECORD and ldd.

It runs in the original image and shares no code with the rules. stdin: JSON {"used": paths that the traced run used}.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import sysconfig

DOCUMENTATION = re.compile(r"/usr/(local/)?share/(doc|doc-base|man|info|lintian|bug|help|gtk-doc)/")
LEFT_OUT = re.compile(r"/(test|tests|idle_test|__pycache__)/|\.a\Z")
files = set()


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True, check=False).stdout


def add(path):
    if os.path.isfile(path):
        files.add(os.path.realpath(path))


def below(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)


# The interpreter and the standard library.
paths = sysconfig.get_paths()
short = "%d.%d" % sys.version_info[:2]
for path in below(paths["stdlib"]):
    if not LEFT_OUT.search(path) and "-packages/" not in path:
        add(path)
for path in below(paths["include"]):
    add(path)
folder = os.path.dirname(sys.executable)
for name in os.listdir(folder):
    if re.match(r"(python|pip|idle|pydoc|2to3)[\d.]*(-config)?\Z", name):
        add(os.path.join(folder, name))
# The distributions.
for distribution in importlib.metadata.distributions():
    for file in distribution.files or ():
        if "__pycache__" not in str(file):
            add(str(distribution.locate_file(file)))
# The packages: essential ones, and those with a used file that is no library.
used = json.load(sys.stdin)["used"]
status = output("dpkg-query", "-W", "-f", "${Essential} ${binary:Package}\n").splitlines()
packages = {line.split()[1] for line in status if line.startswith("yes ")}
owners = {}
for line in status:
    name = line.split()[-1]
    for path in output("dpkg", "-L", name).splitlines():
        owners[os.path.realpath(path)] = name
packages.update(owners[path] for path in map(os.path.realpath, used) if path in owners and os.path.isfile(path) and ".so" not in path)
for name in packages:
    for path in output("dpkg", "-L", name).splitlines():
        if not DOCUMENTATION.match(path) and not LEFT_OUT.search(path):
            add(path)
for path in used:
    add(path)
# What they are linked with.
for path in list(files):
    with open(path, "rb") as file:
        is_elf = file.read(4) == b"\x7fELF"
    if is_elf:
        for library in re.findall(r"(/\S+) \(0x", output("ldd", path)):
            add(library)
print(json.dumps({os.path.realpath(path): os.path.getsize(path) for path in files}))
