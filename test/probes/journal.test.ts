import { execa } from 'execa';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PYTHONS } from '../support/probes.js';

/** One thread adds facts while another one flushes. The short switch interval makes them take turns as often as possible. */
const COMPARE = `
import tempfile, threading
from pyshrink_probes.journal import Journal
sys.setswitchinterval(1e-6)
with tempfile.NamedTemporaryFile() as file:
    journal = Journal(file.name, int(sys.argv[1]), False)
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

/** What an app may do to a hidden file: it finds none, and makes one of that name itself, or a folder. */
const HIDE = `
import os, tempfile
from pyshrink_probes.journal import Journal
folder = tempfile.mkdtemp()
path = os.path.join(folder, "facts")
journal = Journal(path, 0, True)
journal.add("exit", 1)
assert os.listdir(folder) == [], os.listdir(folder)
if sys.argv[1] == "file":
    open(path, "w").write("forged")
elif sys.argv[1] == "link":
    os.symlink("elsewhere", path)
elif sys.argv[1] == "folder":
    os.makedirs(path + "/deep")
journal.add("exit", 2)
journal.publish()
assert not os.path.islink(path)
print(open(path).read().split())
`;

describeWithPython('the file of facts', () => {
  it.each(PYTHONS.flatMap((python) => [0, 512].map((buffered) => [python, buffered] as const)))(
    'under %s, with %i buffered, has every fact in order',
    async (python, buffered) => {
      const run = await execa(python, codeWithProbes(COMPARE, String(buffered)), { reject: false });
      expect([run.stdout, run.stderr]).toEqual(['whole', '']);
    },
  );

  it.each(['nothing', 'file', 'link', 'folder'])(
    'that is hidden gets its name at the end, where that is the name of a %s of the app',
    async (what) => {
      const run = await execa(PYTHONS[0] as string, codeWithProbes(HIDE, what), { reject: false });
      expect([run.stdout, run.stderr]).toEqual(["['[\"exit\",', '1]', '[\"exit\",', '2]']", '']);
    },
  );
});
