import { execa } from 'execa';
import { expect, it } from 'vitest';
import { describeWithPython, PYTHONS, probeFile } from '../support/probes.js';

/** One thread writes down, the other flushes, and they take turns as often as they can. */
const COMPARE = `
import importlib.util, sys, tempfile, threading
spec = importlib.util.spec_from_file_location("journal", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.setswitchinterval(1e-6)
with tempfile.NamedTemporaryFile() as file:
    journal = module.Journal(file.name, int(sys.argv[2]))
    def write():
        for number in range(20000):
            journal.add("fact", number)
    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        journal.flush()
    journal.flush()
    lines = file.read().decode().split("\\n")
assert lines == ['["fact", %d]' % number for number in range(20000)] + [""], len(lines)
print("whole")
`;

describeWithPython('the file of facts', () => {
  it.each(PYTHONS.flatMap((python) => [0, 512].map((buffered) => [python, buffered] as const)))(
    'under %s, with %i buffered, has every fact in its order',
    async (python, buffered) => {
      const run = await execa(python, ['-c', COMPARE, probeFile('journal.py'), String(buffered)], { reject: false });
      expect([run.stdout, run.stderr]).toEqual(['whole', '']);
    },
  );
});
