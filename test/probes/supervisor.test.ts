import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { parseFacts } from '../../src/trace/facts.js';
import { codeWithProbes, describeWithPython, PYTHONS, probe } from '../support/probes.js';

const options = (facts: string, more = {}) =>
  JSON.stringify({
    facts,
    stop: 15,
    patience: 10,
    first: true,
    beside: false,
    ptrace: false,
    listener: true,
    contained: false,
    refused: [],
    ...more,
  });
const newFile = () => join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'facts.jsonl');

/** Runs a program under the supervisor, with an interpreter of this computer. */
async function supervise(command: string[], { python = PYTHONS[0] as string, env = {}, more = {} } = {}) {
  const file = newFile();
  const run = await execa(python, probe('supervisor', options(file, more), '--', ...command), { reject: false, env });
  return { run, facts: parseFacts(readFileSync(file, 'utf8')) };
}

/** The app has been reaped by another thread when a signal for it arrives. The first flush after that ends the loop. */
const REAPED = `
import os, signal
from pyshrink_probes import supervisor
class Journal:
    def flush(self):
        print("went on")
        sys.exit()
class Maps:
    def look(self):
        pass
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
catchable = {signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, catchable)
os.kill(os.getpid(), signal.SIGTERM)
options = {"first": False, "stop": 15, "listener": True, "contained": False, "beside": False}
supervisor.serve_signals(child, options, Journal(), Maps(), catchable, None)
`;

describeWithPython('the supervisor', () => {
  it.each(PYTHONS)('under %s records what a shell and its children open, and the exit status', async (python) => {
    const { run, facts } = await supervise(['sh', '-c', 'cat /etc/passwd > /dev/null; cd /usr; [ -e lib ]; exit 3'], { python });
    expect([run.exitCode, run.stdout, run.stderr, facts.exit, facts.warnings]).toEqual([3, '', '', 3, []]);
    const told = facts.observations.map(({ kind, path }) => `${kind} ${path}`);
    expect(told).toEqual(expect.arrayContaining(['open /etc/passwd', 'write /dev/null', 'chdir /usr', 'lookup /usr/lib']));
    const cat = facts.observations.find(({ path }) => path === '/etc/passwd')?.process;
    expect(facts.processes[cat ?? -1]?.executable).toMatch(/cat$|coreutils$|busybox$/);
  });

  it('exits with 127 if there is no such program, and with 126 if it is not executable', async () => {
    expect((await supervise(['no-such-program'])).run).toMatchObject({ exitCode: 127, stderr: expect.stringContaining('no-such-program') });
    expect((await supervise(['/etc/passwd'])).run.exitCode).toBe(126);
    expect((await supervise(['hosts'], { env: { PATH: `/etc:${process.env.PATH}` } })).run.exitCode).toBe(126);
  });

  it('records 128 plus the number of the signal that killed the program', async () => {
    expect((await supervise(['sh', '-c', 'kill -9 $$'])).facts.exit).toBe(137);
  });

  it('forwards signals to the program', async () => {
    const file = newFile();
    const run = execa(
      PYTHONS[0] as string,
      probe('supervisor', options(file), '--', 'sh', '-c', 'trap "exit 9" TERM; echo up; while :; do sleep 0.05; done'),
      { reject: false },
    );
    run.stdout?.once('data', () => run.kill('SIGTERM'));
    expect((await run).exitCode).toBe(9);
    expect(parseFacts(readFileSync(file, 'utf8')).exit).toBe(9);
  });

  it('kills a program that does not end in time after the stop signal', async () => {
    const run = execa(
      PYTHONS[0] as string,
      probe(
        'supervisor',
        options(newFile(), { patience: 0.2 }),
        '--',
        'sh',
        '-c',
        'trap "" INT; trap : TERM; echo up; while :; do sleep 0.05; done',
      ),
      { reject: false },
    );
    run.stdout?.once('data', () => process.kill(run.pid as number, 60));
    expect((await run).exitCode).toBe(137);
  });

  it('drops a signal for a program that another thread has reaped', async () => {
    const run = await execa(PYTHONS[0] as string, codeWithProbes(REAPED), { reject: false });
    expect([run.stdout, run.stderr]).toEqual(['went on', '']);
  });

  it('gives up where it can not end all other processes, which could change the facts', async () => {
    const file = newFile();
    // Outside a container, it is neither process 1 nor its child.
    const run = await execa(PYTHONS[0] as string, probe('supervisor', options(file, { contained: true }), '--', 'true'), { reject: false });
    expect([run.exitCode, run.stderr]).toEqual([125, "\npyshrink: the app's processes can't be ended"]);
    expect(existsSync(file)).toBe(false);
  });

  it('gives the program a process group of its own where it is an init process, as tini does', async () => {
    const code = 'import os, signal; print(os.getpgrp() == os.getpid()); os.killpg(0, signal.SIGTERM)';
    const { run, facts } = await supervise([PYTHONS[0] as string, '-u', '-c', code], { more: { first: false } });
    expect([run.stdout, facts.exit]).toEqual(['True', 143]);
  });

  it('gives hidden variables back to the program', async () => {
    const { run } = await supervise(['sh', '-c', 'echo "$LD_DEBUG_OUTPUT|$PYTHONHOME|$PYSHRINK_HIDDEN_LD_DEBUG_OUTPUT"'], {
      env: { LD_DEBUG_OUTPUT: '', PYSHRINK_HIDDEN_LD_DEBUG_OUTPUT: '/tmp/x', PYTHONHOME: '/nowhere' },
    });
    expect(run.stdout).toBe('/tmp/x|/nowhere|');
  });

  it('refuses io_uring, which would open files unseen', async () => {
    const code = 'import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.syscall(425, 1, None), ctypes.get_errno())';
    const { run, facts } = await supervise([PYTHONS[0] as string, '-c', `${code}; ${code}`]);
    expect(run.stdout).toBe('-1 38\n-1 38');
    expect(facts.warnings).toEqual([expect.stringContaining('io_uring')]);
  });

  it('refuses the calls that it is given, with their errors', async () => {
    const code = 'import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.syscall(39), ctypes.get_errno())';
    const refused = [[{ x64: 39, arm64: 172 }[process.arch as string], 1]];
    const command = [PYTHONS[0] as string, '-c', code.replace('39', String(refused[0]?.[0]))];
    const run = await execa(PYTHONS[0] as string, probe('supervisor', options(newFile(), { refused }), '--', ...command));
    expect(run.stdout).toBe('-1 1');
  });

  it("records paths relative to a directory's descriptor, and Unix sockets", async () => {
    const code = `import os, socket
folder = os.open("/usr", os.O_RDONLY | os.O_DIRECTORY)
os.stat("share", dir_fd=folder)
try: socket.socket(socket.AF_UNIX).connect("/tmp/no.sock")
except OSError: pass
try: os.rename("/tmp/no-a", "/tmp/no-b")
except OSError: pass
`;
    const { facts } = await supervise([PYTHONS[0] as string, '-c', code]);
    const told = facts.observations.map(({ kind, path }) => `${kind} ${path}`);
    expect(told).toEqual(
      expect.arrayContaining(['list /usr', 'lookup /usr/share', 'connect /tmp/no.sock', 'remove /tmp/no-a', 'create /tmp/no-b']),
    );
  });
});
