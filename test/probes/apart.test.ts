import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PYTHONS } from '../support/probes.js';

/** Work that ends its process at one path, returns at others, and asks for too much memory at a third. */
const CODE = `
import json, os, signal
from pyshrink_probes.apart import each
def work(path):
    if path == "kills":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path == "large":
        try:
            return {"length": len(bytearray(8 << 30))}
        except MemoryError:
            return {"error": "MemoryError"}
    return {"path": path, "pid": os.getpid() == PARENT}
PARENT = os.getpid()
print(json.dumps(each(work, ["one", "kills", "kills", "two", "kills"])))
print(json.dumps(each(work, [])))
open("large", "w").close()
print(json.dumps(each(work, ["large"])))
`;

describeWithPython('work apart', () => {
  it.each(PYTHONS)('by %s goes on after a file that ends the interpreter, and bounds its memory', (python) => {
    const folder = execFileSync('mktemp', ['-d']).toString().trim();
    const [answers, none, large] = execFileSync(python, codeWithProbes(CODE), { cwd: folder })
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const ended = { error: expect.stringContaining('it ends the interpreter') };
    expect(answers).toEqual([{ path: 'one', pid: false }, ended, ended, { path: 'two', pid: false }, ended]);
    expect(none).toEqual([]);
    expect(large).toEqual([{ error: 'MemoryError' }]);
  });
});
