"""Classic BPF programs for seccomp(2): their instructions (linux/filter.h, linux/bpf_common.h) and what they read and return."""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Tuple

    # code, jt, jf, k of struct sock_filter: jt and jf say how many instructions to skip if a comparison is true or false.
    Instruction = Tuple[int, int, int, int]

# Load 32 bits of struct seccomp_data; compare them: equal, at least, any bit in common; return.
LOAD, JEQ, JGE, JSET, RET = 0x20, 0x15, 0x35, 0x45, 0x06
# Offsets in struct seccomp_data.
DATA_NR, DATA_ARCH, DATA_ARGS = 0, 4, 16
# linux/seccomp.h
RET_ALLOW, RET_ERRNO, RET_USER_NOTIF = 0x7FFF0000, 0x00050000, 0x7FC00000


def packed(program: "List[Instruction]") -> "Tuple[bytes, int]":
    """An array of struct sock_filter, and the number of its instructions."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program), len(program)
