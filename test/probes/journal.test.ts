import { execa } from 'execa';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PYTHONS } from '../support/probes.js';

/** One thread adds facts while another one flushes. The short switch interval makes them take turns as often as possible. */
const COMPARE = `
import tempfile, threading
from pyshrink_probes.journal import Journal
sys.setswitchinterval(1e-6)
with tempfile.NamedTemporaryFile() as file:
    journal = Journal(file.name, int(sys.argv[1]))
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
    'under %s, with %i buffered, has every fact in order',
    async (python, buffered) => {
      const run = await execa(python, codeWithProbes(COMPARE, String(buffered)), { reject: false });
      expect([run.stdout, run.stderr]).toEqual(['whole', '']);
    },
  );
});
