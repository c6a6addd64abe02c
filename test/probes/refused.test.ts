import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { REFUSED } from '../../src/engines/local/oci/data/allowed.js';
import { probe } from '../support/probes.js';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** Installs the filter for these capabilities, and makes calls without sense. The kernel's own answers are other errors. */
const PROGRAM = `
import ctypes, json, os, sys
from probes import refused, seccomp
architecture = os.uname().machine
seccomp.load(architecture, *refused.program(architecture, json.loads(sys.argv[1])), 0)
libc = ctypes.CDLL(None, use_errno=True)
column = {"x86_64": 1, "aarch64": 2}[architecture]
def error(number, *arguments):
    return ctypes.get_errno() if libc.syscall(number, *arguments) < 0 else 0
answers = {row[0]: error(row[column], -1, -1, -1, -1, -1) for row in refused.TABLE}
answers["clone3"] = error(refused.CLONE3[column - 1], 0, 0)
if sys.argv[1] == "[]":  # else the kernel would make one
    answers["new namespace"] = error(refused.CLONE[column - 1], 0x10000000 | 17, 0, 0, 0, 0)
pid = os.fork()
if pid == 0:
    os._exit(7)
answers["fork"] = os.waitpid(pid, 0)[1] >> 8
print(json.dumps(answers))
`;
/**
 * What Docker's profile refuses and the filter leaves to the kernel, which asks for a capability outside of the user namespace,
 * or no longer has the call. chroot(2) needs a capability that a container has.
 */
const LEFT_TO_KERNEL = (
  '_sysctl acct afs_syscall chroot clock_settime create_module get_kernel_syms getpmsg ioperm iopl lookup_dcookie nfsservctl ' +
  'putpmsg query_module quotactl quotactl_fd reboot security setdomainname sethostname settimeofday stime swapoff swapon sysfs ' +
  'tuxcall umount uselib ustat vhangup vserver'
).split(' ');
const [EPERM, ENOSYS, SYS_ADMIN] = [1, 38, 21];

function answers(capabilities: number[]): Record<string, number> {
  return JSON.parse(execFileSync('python3', ['-c', PROGRAM, JSON.stringify(capabilities)], { cwd: CHECKOUT }).toString());
}

describe.skipIf(process.platform !== 'linux')('the filter of containers without a runtime', () => {
  it('refuses every call of its table and new namespaces, and lets processes start', () => {
    const { clone3, fork, ...refused } = answers([]);
    expect([clone3, fork]).toEqual([ENOSYS, 7]);
    expect(new Set(Object.values(refused))).toEqual(new Set([EPERM]));
  });

  it('refuses all that the profile of a container runtime refuses, but for what the kernel refuses itself', () => {
    const { clone3: _, 'new namespace': __, fork: ___, ...rows } = answers([]);
    expect(REFUSED.filter((name) => !(name in rows)).sort()).toEqual(LEFT_TO_KERNEL);
  });

  it('is there for the program of a command line', async () => {
    const unshare = 'import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.unshare(0x10000000), ctypes.get_errno())';
    const { stdout } = await execa('python3', probe('refused', '[]', '/usr/bin/env', 'python3', '-c', unshare));
    expect(stdout).toBe(`-1 ${EPERM}`);
  });

  it('leaves to the kernel what a capability allows', () => {
    const { clone3, keyctl, fsopen, move_mount: moved } = answers([SYS_ADMIN]);
    expect(keyctl).toBe(EPERM);
    expect(clone3, 'the kernel finds no arguments').not.toBe(ENOSYS);
    if (process.getuid?.() === 0) expect([fsopen, moved]).not.toContain(EPERM);
  });
});
