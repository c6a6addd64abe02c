"""System calls that a container without a runtime refuses, as a container of Docker does by default.

    start.py refused CAPABILITIES PROGRAM [ARGUMENT...]

executes a program that can't make them. CAPABILITIES: JSON list of the numbers of those that the container has.
Exits with 126 if the filter can't be installed or the program not executed.

Docker's default profile (moby, profiles/seccomp/default.json) lists what is allowed, by the capabilities that a container
has. Here is what it leaves out and what the kernel allows without capabilities, or in a user namespace of one's own.
Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
"""

import errno
import json
import os
import sys

from . import seccomp, syscalls
from .bpf import DATA_ARCH, DATA_ARGS, DATA_NR, JEQ, JGE, JSET, LOAD, RET, RET_ALLOW, RET_ERRNO, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Tuple

EPERM, ENOSYS = 1, 38
# Numbers from here on are calls of the x32 ABI, which names the same calls once more.
X32 = 0x40000000
# CLONE_NEW* of clone(2): the mask in Docker's profile.
NEW_NAMESPACES = 0x7E020000
# linux/capability.h
DAC_READ_SEARCH, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, SYS_BOOT, SYS_NICE, SYSLOG, PERFMON, BPF = 2, 21, 16, 19, 22, 23, 34, 38, 39

# Rows of (name, x86_64 number, aarch64 number, capabilities of which one is enough).
TABLE = (
    ("keyctl", 250, 219, ()),
    ("add_key", 248, 217, ()),
    ("request_key", 249, 218, ()),
    ("userfaultfd", 323, 282, ()),
    ("open_by_handle_at", 304, 265, (DAC_READ_SEARCH,)),
    ("bpf", 321, 280, (SYS_ADMIN, BPF)),
    ("perf_event_open", 298, 241, (SYS_ADMIN, PERFMON)),
    ("mount", 165, 40, (SYS_ADMIN,)),
    ("umount2", 166, 39, (SYS_ADMIN,)),
    ("pivot_root", 155, 41, ()),
    ("unshare", 272, 97, (SYS_ADMIN,)),
    ("setns", 308, 268, (SYS_ADMIN,)),
    ("open_tree", 428, 428, (SYS_ADMIN,)),
    ("move_mount", 429, 429, (SYS_ADMIN,)),
    ("fsopen", 430, 430, (SYS_ADMIN,)),
    ("fsconfig", 431, 431, (SYS_ADMIN,)),
    ("fsmount", 432, 432, (SYS_ADMIN,)),
    ("fspick", 433, 433, (SYS_ADMIN,)),
    ("mount_setattr", 442, 442, (SYS_ADMIN,)),
    ("kexec_load", 246, 104, (SYS_BOOT,)),
    ("kexec_file_load", 320, 294, (SYS_BOOT,)),
    ("init_module", 175, 105, (SYS_MODULE,)),
    ("finit_module", 313, 273, (SYS_MODULE,)),
    ("delete_module", 176, 106, (SYS_MODULE,)),
    ("name_to_handle_at", 303, 264, (SYS_ADMIN,)),
    ("fanotify_init", 300, 262, (SYS_ADMIN,)),
    ("syslog", 103, 116, (SYS_ADMIN, SYSLOG)),
    ("kcmp", 312, 272, (SYS_PTRACE,)),
    ("process_vm_readv", 310, 270, (SYS_PTRACE,)),
    ("process_vm_writev", 311, 271, (SYS_PTRACE,)),
    ("pidfd_getfd", 438, 438, (SYS_PTRACE,)),
    ("process_madvise", 440, 440, (SYS_PTRACE,)),
    ("get_mempolicy", 239, 236, (SYS_NICE,)),
    ("set_mempolicy", 238, 237, (SYS_NICE,)),
    ("mbind", 237, 235, (SYS_NICE,)),
    ("migrate_pages", 256, 238, ()),
    ("move_pages", 279, 239, ()),
    ("pkey_alloc", 330, 289, ()),
    ("pkey_free", 331, 290, ()),
    ("pkey_mprotect", 329, 288, ()),
)
CLONE, CLONE3 = (56, 220), (435, 435)


def program(architecture: str, capabilities: "Iterable[int]") -> "Tuple[bytes, int]":
    """The classic BPF program: an array of struct sock_filter, and the number of its instructions.

    Calls of other ABIs are refused too, since they could make each of these calls under another number.
    """
    audit_arch, column, _, _ = syscalls.ARCHITECTURES[architecture]
    held = set(capabilities)
    code = [
        (LOAD, 0, 0, DATA_ARCH),
        (JEQ, 1, 0, audit_arch),
        (RET, 0, 0, RET_ERRNO | ENOSYS),
        (LOAD, 0, 0, DATA_NR),
        (JGE, 0, 1, X32),
        (RET, 0, 0, RET_ERRNO | ENOSYS),
    ]
    for row in TABLE:
        if not held.intersection(row[3]):
            code += [(JEQ, 0, 1, row[column]), (RET, 0, 0, RET_ERRNO | EPERM)]
    if SYS_ADMIN not in held:
        # The C library then uses clone(2), whose flags a filter can see.
        code += [(JEQ, 0, 1, CLONE3[column - 1]), (RET, 0, 0, RET_ERRNO | ENOSYS)]
        code += [
            (JEQ, 0, 3, CLONE[column - 1]),
            (LOAD, 0, 0, DATA_ARGS),
            (JSET, 0, 1, NEW_NAMESPACES),
            (RET, 0, 0, RET_ERRNO | EPERM),
        ]
    code.append((RET, 0, 0, RET_ALLOW))
    return packed(code)


def install(capabilities: "Iterable[int]") -> None:
    """Installs the filter on this thread, for a container with these capabilities. Sets no_new_privs.

    Does nothing on a kernel without seccomp or its filters (seccomp(2)): there is no listener either, and pyshrink warns.
    Raises OSError.
    """
    architecture = os.uname().machine
    code, count = program(architecture, capabilities)
    try:
        seccomp.load(architecture, code, count, 0)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL):
            raise


def main() -> None:
    try:
        if os.uname().machine in syscalls.ARCHITECTURES:
            install(json.loads(sys.argv[1]))
        os.execv(sys.argv[2], sys.argv[2:])
    except OSError as error:
        os.write(2, f"pyshrink: the program can't be confined: {error}\n".encode())
        os._exit(126)
