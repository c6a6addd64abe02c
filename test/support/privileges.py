"""Prints what the kernel lets this process do, as JSON: capability sets, no_new_privs, and the errors of some system calls.

    privileges.py [WAY]

WAY: "forge" asks the client for more rights in the name of the supervisor; "user" changes the user in a child first.
"""

import ctypes
import json
import os
import sys

FOLDER = "/.pyshrink/observations"
libc = ctypes.CDLL(None, use_errno=True)
# System call numbers of x86-64 and AArch64 (asm/unistd_64.h, asm-generic/unistd.h): with these arguments the kernel itself
# does not answer EPERM, but for those that a process without capabilities may not make.
CALLS = {
    "x86_64": {"kcmp": 312, "process_vm_readv": 310, "pidfd_getfd": 438, "keyctl": 250, "mount": 165, "unshare": 272, "bpf": 321},
    "aarch64": {"kcmp": 272, "process_vm_readv": 270, "pidfd_getfd": 438, "keyctl": 219, "mount": 40, "unshare": 97, "bpf": 280},
}[os.uname().machine]

way = sys.argv[1] if len(sys.argv) > 1 else ""
if way == "forge":
    rows = '["needs", "SYS_PTRACE"]\n["exit", 125]\n'
    for name in [*os.listdir(FOLDER), "facts-trace-app.jsonl", "facts-trace-exec0.jsonl"]:
        if name.startswith("facts"):
            with open(os.path.join(FOLDER, name), "a") as file:
                file.write(rows)
elif way == "user":
    if os.fork() == 0:
        os.setgid(1000)
        os.setuid(1000)
        os.execv("/bin/cat", ["cat", "/etc/debian_version"])
    os.wait()

with open("/proc/self/status") as file:
    fields = dict(line.rstrip("\n").split(":\t", 1) for line in file)
errors = {}
for name, number in CALLS.items():
    result = libc.syscall(number, -1, 0 if name.startswith("process") else -1, 0, 0, 0, 0)
    errors[name] = ctypes.get_errno() if result < 0 else 0
print(json.dumps({**{name: fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}, **errors}))
if way == "forge":
    sys.exit(125)
