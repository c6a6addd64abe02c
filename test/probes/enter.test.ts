import { execa } from 'execa';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PYTHONS, probe } from '../support/probes.js';

/** Makes the kernel answer seccomp(2) with an error, and enters a container that is like this process. */
const ENTER = `
import json, os
from pyshrink_probes import bpf, seccomp, syscalls
architecture = os.uname().machine
number = syscalls.ARCHITECTURES[architecture][2]
seccomp.load(architecture, *bpf.packed([
    (bpf.LOAD, 0, 0, bpf.DATA_NR),
    (bpf.JEQ, 0, 1, number),
    (bpf.RET, 0, 0, bpf.RET_ERRNO | int(sys.argv[1])),
    (bpf.RET, 0, 0, bpf.RET_ALLOW),
]), 0)
read, write = os.pipe()
os.write(write, b"A=1\\0")
os.close(write)
os.set_inheritable(read, True)
wanted = {"uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(), "cwd": "/", "capabilities": list(range(64)),
          "loopback": False, "limits": [], "environment": read, "namespace": None}
os.execv(sys.executable, [sys.executable, *sys.argv[2:], json.dumps(wanted), "/usr/bin/env"])
`;
const enter = (errno: number) =>
  execa(PYTHONS[0] as string, codeWithProbes(ENTER, String(errno), ...probe('enter')), { reject: false, env: { B: '2' } });
const [EPERM, EINVAL, ENOSYS] = [1, 22, 38];

describeWithPython('enter', () => {
  it.each([EINVAL, ENOSYS])('starts the program where the kernel has no filters: errno %i', async (errno) => {
    const run = await enter(errno);
    expect([run.exitCode, run.stdout, run.stderr]).toEqual([0, 'A=1', '']);
  });

  it('starts nothing where the filter is refused', async () => {
    const run = await enter(EPERM);
    expect([run.exitCode, run.stdout]).toEqual([126, '']);
    expect(run.stderr).toMatch(/^pyshrink: the container can't be entered: .*seccomp/);
  });
});
