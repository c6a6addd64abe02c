import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PYTHONS } from '../support/probes.js';

/** Work that ends its process at some paths, takes too long at one, asks for too much memory at one, and returns at others. */
const CODE = `
import json, os, signal
from pyshrink_probes.apart import each
def work(path):
    if path == "kills":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path == "leaves":
        os._exit(3)
    if path == "hangs":
        # As if the time of the alarm were over.
        if signal.alarm(0) > 0:
            os.kill(os.getpid(), signal.SIGALRM)
    if path == "large":
        try:
            return {"length": len(bytearray(8 << 30))}
        except MemoryError:
            return {"error": "MemoryError"}
    return {"path": path, "pid": os.getpid() == PARENT}
PARENT = os.getpid()
ENDED = {"error": "its code can't be read: it ends the interpreter (signal 11)"}
print(json.dumps(each(work, ["one", "kills", "kills", "two", "kills"])))
print(json.dumps(each(work, [])))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print(json.dumps(each(work, ["leaves", "hangs", "two"])))
many = ["kills" if number % 9 == 4 else str(number) for number in range(200)]
processes = set()
def noted(path):
    return dict(work(path), process=os.getpid())
for path, answer in zip(many, each(noted, many)):
    processes.add(answer.pop("process", 0))
    assert answer == (ENDED if path == "kills" else {"path": path, "pid": False}), (path, answer)
# One more for each that ended; and as many as there are processors at the same time.
print(json.dumps(len(processes) > many.count("kills") + (len(os.sched_getaffinity(0)) > 1)))
# Where a second process can't be started, one after the other does the work.
fork, wait, living = os.fork, os.waitpid, []
def fork_once():
    if living:
        raise OSError("no more processes")
    pid = fork()
    living.append(pid)
    return pid
def wait_once(pid, options):
    living.remove(pid)
    return wait(pid, options)
os.fork, os.waitpid = fork_once, wait_once
print(json.dumps(each(work, many) == [ENDED if path == "kills" else {"path": path, "pid": False} for path in many]))
os.fork, os.waitpid = fork, wait
open("large", "w").close()
print(json.dumps(each(work, ["large"])))
`;

describeWithPython('work apart', () => {
  it.each(PYTHONS)('by %s goes on after a file that ends the interpreter, and bounds its memory', (python) => {
    const folder = execFileSync('mktemp', ['-d']).toString().trim();
    const [answers, none, reasons, atOnce, oneByOne, large] = execFileSync(python, codeWithProbes(CODE), { cwd: folder })
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const ended = { error: "its code can't be read: it ends the interpreter (signal 11)" };
    expect(answers).toEqual([{ path: 'one', pid: false }, ended, ended, { path: 'two', pid: false }, ended]);
    expect(none).toEqual([]);
    // The parent ignored the end of its children before.
    expect(reasons).toEqual([
      { error: "its code can't be read: it ends the interpreter (exit code 3)" },
      { error: "its code can't be read: it takes more than 120 s" },
      { path: 'two', pid: false },
    ]);
    expect([atOnce, oneByOne]).toEqual([true, true]);
    expect(large).toEqual([{ error: 'MemoryError' }]);
  });
});
