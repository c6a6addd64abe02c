import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWithPython } from '../support/probes.js';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** Without a listener, the kernel refuses with ENOSYS what the filter would report (seccomp(2), SECCOMP_RET_USER_NOTIF). */
const PROGRAM = `
import ctypes, errno, json, os, sys
from probes import seccomp, syscalls
descriptor = os.open(sys.argv[1], os.O_RDONLY)
architecture = os.uname().machine
seccomp.load(architecture, *seccomp.program(architecture), 0)
libc = ctypes.CDLL(None, use_errno=True)
row = {name: columns for name, *columns in syscalls.TABLE}
def call(name, *arguments):
    number = row[name][0 if architecture == "x86_64" else 1]
    given = [ctypes.c_void_p(argument) if argument is None else ctypes.c_long(argument) for argument in arguments]
    return 0 if libc.syscall(ctypes.c_long(number), *given) >= 0 else ctypes.get_errno()
text = ctypes.create_string_buffer(b"/nowhere")
empty, room = ctypes.create_string_buffer(b""), ctypes.create_string_buffer(256)
path, nothing, buffer = [ctypes.addressof(one) for one in (text, empty, room)]
answers = {
    "times of a descriptor": call("utimensat", descriptor, None, None, 0),
    "times of a path": call("utimensat", -100, path, None, 0),
    "times of a bad pointer, whose low word is zero": call("utimensat", -100, 1 << 32, None, 0),
    "status of a descriptor": call("newfstatat", descriptor, nothing, buffer, 0x1000),
    "status of a path": call("newfstatat", -100, path, buffer, 0),
    "status of a path that may be empty": call("newfstatat", -100, path, buffer, 0x1000),
    "status of such a path, with other high bits": call("newfstatat", 0xffffff9c, path, buffer, 0x1000),
    "extended status of a descriptor": call("statx", descriptor, nothing, 0x1000, 0x7ff, buffer),
    "extended status of a path": call("statx", -100, path, 0, 0x7ff, buffer),
    "extended status of a path that may be empty": call("statx", -100, path, 0x1000, 0x7ff, buffer),
    "extended status of such a path, with other high bits": call("statx", 0xffffff9c, path, 0x1000, 0x7ff, buffer),
}
print(json.dumps({name: errno.errorcode.get(number, number) for name, number in answers.items()}))
`;

describeWithPython('the filter', () => {
  it('reports calls about a path, and none about a descriptor alone', () => {
    const answers = JSON.parse(execFileSync('python3', ['-B', '-c', PROGRAM, CHECKOUT], { cwd: CHECKOUT }).toString());
    expect(answers).toEqual({
      'times of a descriptor': 0,
      'times of a path': 'ENOSYS',
      'times of a bad pointer, whose low word is zero': 'ENOSYS',
      'status of a descriptor': 0,
      'status of a path': 'ENOSYS',
      'status of a path that may be empty': 'ENOSYS',
      'status of such a path, with other high bits': 'ENOSYS',
      'extended status of a descriptor': 0,
      'extended status of a path': 'ENOSYS',
      'extended status of a path that may be empty': 'ENOSYS',
      'extended status of such a path, with other high bits': 'ENOSYS',
    });
  });
});
