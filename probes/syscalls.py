"""System calls that take a path, for x86_64 and aarch64, and what each does with the path.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
"""

OPEN, OPENAT2, LOOKUP, EXEC, CHDIR, CHROOT, CREATE, REMOVE, CHANGE, SOCKET = range(10)

# Rows of (name, x86_64 number, aarch64 number, paths). A path is (kind, argument of the directory's descriptor or None,
# argument of the path). OPEN has a fourth element, the argument of the flags, and OPENAT2 that of struct open_how. The path
# of SOCKET is in a struct sockaddr.
TABLE = (
    ("open", 2, None, ((OPEN, None, 0, 1),)),
    ("openat", 257, 56, ((OPEN, 0, 1, 2),)),
    ("openat2", 437, 437, ((OPENAT2, 0, 1, 2),)),
    ("creat", 85, None, ((CREATE, None, 0),)),
    ("stat", 4, None, ((LOOKUP, None, 0),)),
    ("lstat", 6, None, ((LOOKUP, None, 0),)),
    ("newfstatat", 262, 79, ((LOOKUP, 0, 1),)),
    ("statx", 332, 291, ((LOOKUP, 0, 1),)),
    ("access", 21, None, ((LOOKUP, None, 0),)),
    ("faccessat", 269, 48, ((LOOKUP, 0, 1),)),
    ("faccessat2", 439, 439, ((LOOKUP, 0, 1),)),
    ("readlink", 89, None, ((LOOKUP, None, 0),)),
    ("readlinkat", 267, 78, ((LOOKUP, 0, 1),)),
    ("execve", 59, 221, ((EXEC, None, 0),)),
    ("execveat", 322, 281, ((EXEC, 0, 1),)),
    ("chdir", 80, 49, ((CHDIR, None, 0),)),
    ("chroot", 161, 51, ((CHROOT, None, 0),)),
    ("mkdir", 83, None, ((CREATE, None, 0),)),
    ("mkdirat", 258, 34, ((CREATE, 0, 1),)),
    ("mknod", 133, None, ((CREATE, None, 0),)),
    ("mknodat", 259, 33, ((CREATE, 0, 1),)),
    ("rename", 82, None, ((REMOVE, None, 0), (CREATE, None, 1))),
    ("renameat", 264, 38, ((REMOVE, 0, 1), (CREATE, 2, 3))),
    ("renameat2", 316, 276, ((REMOVE, 0, 1), (CREATE, 2, 3))),
    ("link", 86, None, ((LOOKUP, None, 0), (CREATE, None, 1))),
    ("linkat", 265, 37, ((LOOKUP, 0, 1), (CREATE, 2, 3))),
    ("symlink", 88, None, ((CREATE, None, 1),)),
    ("symlinkat", 266, 36, ((CREATE, 1, 2),)),
    ("unlink", 87, None, ((REMOVE, None, 0),)),
    ("rmdir", 84, None, ((REMOVE, None, 0),)),
    ("unlinkat", 263, 35, ((REMOVE, 0, 1),)),
    ("chmod", 90, None, ((CHANGE, None, 0),)),
    ("fchmodat", 268, 53, ((CHANGE, 0, 1),)),
    ("fchmodat2", 452, 452, ((CHANGE, 0, 1),)),
    ("chown", 92, None, ((CHANGE, None, 0),)),
    ("lchown", 94, None, ((CHANGE, None, 0),)),
    ("fchownat", 260, 54, ((CHANGE, 0, 1),)),
    ("truncate", 76, 45, ((CHANGE, None, 0),)),
    ("utime", 132, None, ((CHANGE, None, 0),)),
    ("utimes", 235, None, ((CHANGE, None, 0),)),
    ("futimesat", 261, None, ((CHANGE, 0, 1),)),
    ("utimensat", 280, 88, ((CHANGE, 0, 1),)),
    ("statfs", 137, 43, ((LOOKUP, None, 0),)),
    ("setxattr", 188, 5, ((CHANGE, None, 0),)),
    ("lsetxattr", 189, 6, ((CHANGE, None, 0),)),
    ("getxattr", 191, 8, ((LOOKUP, None, 0),)),
    ("lgetxattr", 192, 9, ((LOOKUP, None, 0),)),
    ("listxattr", 194, 11, ((LOOKUP, None, 0),)),
    ("llistxattr", 195, 12, ((LOOKUP, None, 0),)),
    ("removexattr", 197, 14, ((CHANGE, None, 0),)),
    ("lremovexattr", 198, 15, ((CHANGE, None, 0),)),
    ("inotify_add_watch", 254, 27, ((LOOKUP, None, 1),)),
    ("connect", 42, 203, ((SOCKET, None, 1),)),
    ("bind", 49, 200, ((SOCKET, None, 1),)),
)

# Architecture as uname(2) names it -> (AUDIT_ARCH of linux/audit.h, column of TABLE, number of seccomp, number of io_uring_setup)
ARCHITECTURES = {
    "x86_64": (0xC000003E, 1, 317, 425),
    "aarch64": (0xC00000B7, 2, 277, 425),
}

# Name -> argument that may hold AT_EMPTY_PATH. With a descriptor in argument 0, the filter allows such a call: it is most likely
# about the descriptor, not a path.
EMPTY_PATH_ARGUMENT = {"newfstatat": 3, "statx": 2}

# Name -> argument that may be a null pointer instead of a path, which is about a descriptor, too: futimens(3). The filter allows
# such a call. gunicorn's workers make one for each request.
NULL_PATH_ARGUMENT = {"utimensat": 1}

# Rows of (name, x86_64 number, aarch64 number): calls that a seccomp profile may allow only with CAP_SYS_PTRACE, as Docker's
# default profile does (moby, profiles/seccomp/default.json).
PTRACE_CALLS = (
    ("kcmp", 312, 272),
    ("process_vm_readv", 310, 270),
    ("process_vm_writev", 311, 271),
    ("pidfd_getfd", 438, 438),
    ("process_madvise", 440, 440),
)
