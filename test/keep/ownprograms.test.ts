import { expect, it } from 'vitest';
import { distribution, kept } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

const program = (size: number) => ({ text: 'x'.repeat(size), mode: 0o755 });
/** Beside the app; it runs programs. */
const HELPERS = `import subprocess, settings
def go(line):
    subprocess.run(line, shell=True)
def convert():
    subprocess.run([settings.TOOL])
`;

/** Whether the program `tool` is kept where the app has this code. */
async function keepsTool(code: string, size: number, settings = ''): Promise<boolean> {
  const files = { '/app/app.py': code, '/app/helpers.py': HELPERS, '/app/settings.py': settings };
  const others = Object.fromEntries(['/bin/sh', '/usr/bin/timeout', '/usr/bin/cat'].map((path) => [path, program(1)]));
  return (await kept({ ...files, ...others, '/usr/bin/tool': program(size) })).has('/usr/bin/tool');
}

const RUN = 'import subprocess\n';

describeWithPython("programs that the app's own code runs", () => {
  // No package brought the program: these keep it whatever it costs.
  it.each([
    [
      'a function of the module, whatever its name',
      `${RUN}def sh(line):\n    subprocess.run(line, shell=True)\ndef f():\n    sh("tool x")\n`,
    ],
    ['a function of another module', 'from helpers import go\ndef f(a):\n    go(f"tool {a}")\n'],
    ['a function that hands it on', 'import helpers\ndef on(line):\n    helpers.go(line)\ndef f():\n    on("tool x")\n'],
    ['a constant', 'import helpers\nTOOL = "tool"\ndef f():\n    helpers.go([TOOL, "x"])\n'],
    ['another program', `${RUN}def f(x):\n    subprocess.run(["timeout", "-k", "3", "5", "tool", x])\n`],
    ['a program with a long argument', `${RUN}def f(x):\n    subprocess.run(["tool", "-c", "${'SELECT '.repeat(90)}"])\n`],
    ['a shell', `${RUN}def f(x):\n    subprocess.run(["sh", "-c", "cat 'a b' | tool"])\n`],
  ])('are kept where their command line goes to %s', async (_, code) => {
    expect(await keepsTool(code, 5e6)).toBe(true);
  });

  it.each([
    ['the values of a table', `${RUN}TOOLS = {"a": "tool", "b": "other"}\ndef f(a):\n    subprocess.run([TOOLS[a], "x"])\n`],
    ['a parameter', `${RUN}def f(a, name="tool"):\n    subprocess.run([name, "x"])\n`],
    ['an attribute', `${RUN}import enum\nclass T(enum.Enum):\n    A = "tool"\ndef f(x):\n    subprocess.run([T.A.value])\n`],
    ['a module that imports what runs it', 'import helpers\nNAMES = ["tool"]\n'],
  ])('are kept where they are cheap and their name is in %s', async (_, code) => {
    expect([await keepsTool(code, 1e6), await keepsTool(code, 5e6)]).toEqual([true, false]);
  });

  it.each([
    ['an argument', 'from jobs import Operator\nOperator("bash", n=max(1, 2), bash_command="cd /x && echo {{ a }} | tool -b")\n'],
    ['an argument that begins like it', 'from jobs import Operator\ndef f(x): Operator(command=f"tool {x}")\n'],
    [
      'one of many',
      `from jobs import Operator\nOperator(${Array.from({ length: 18 }, (_, index) => `a${index}=index`).join()}, bash_command="tool -b")\n`,
    ],
    ['an attribute', 'class Job:\n    def __init__(self):\n        self.command = ["tool", self.x]\n'],
    ['one of several', 'from jobs import Operator\nOperator(commands=["cat x", "tool -b"])\n'],
    ['a value', 'STEPS = [{"name": "a", "command": ["tool", "-b", "x", "y"]}]\n'],
    ['a variable', 'class Job:\n    command = "tool -b"\n'],
  ])('are kept where they are cheap and in a command line by the name of %s', async (_, code) => {
    expect([await keepsTool(code, 1e6), await keepsTool(code, 5e6)]).toEqual([true, false]);
  });

  it.each([
    ['another name', 'from jobs import Operator\nOperator(recommend="tool {a}", comment="tool")\n'],
    ['a word of a list', 'from jobs import Operator\nOperator(command=["cat", "tool"])\n'],
    ['another argument', 'from jobs import Operator\nOperator(command=f(g, h=1), text="tool")\n'],
  ])('are left out where they are in a text by %s', async (_, code) => {
    expect(await keepsTool(code, 10)).toBe(false);
  });

  it.each([
    ['gives it to a shell', `${RUN}def f(): subprocess.run(["sh", "jobs/back-up.sh"])\n`, true],
    ['puts its path together', `${RUN}import os\ndef f(): subprocess.run(["sh", os.path.join("jobs", "back-up.sh")])\n`, true],
    ['names it in a command line', 'from jobs import Operator\nOperator(bash_command="bash back-up.sh ")\n', true],
    ['names another one', `${RUN}def f(): subprocess.run(["sh", "jobs/other.sh"])\n`, false],
    ['names one with a longer name', `${RUN}def f(): subprocess.run(["sh", "jobs/no-back-up.sh"])\n`, false],
  ])('are kept where a script without permission names them, and code %s', async (_, code, isKept) => {
    const files = { '/app/app.py': code, '/app/jobs/back-up.sh': 'set -e\n. ./deep.sh\n', '/app/jobs/deep.sh': 'tool | cat\n' };
    const { has } = await kept({ ...files, '/usr/bin/tool': program(5e6), '/bin/sh': program(1) });
    expect(has('/usr/bin/tool')).toBe(isKept);
  });

  it('are left out where only a test names their script', async () => {
    const test = 'import subprocess, unittest\nclass A(unittest.TestCase):\n    def test(self): subprocess.run(["sh", "dev.sh"])\n';
    const files = { '/app/app.py': '', '/app/tests/test_x.py': test, '/app/dev.sh': 'tool\n' };
    const { has } = await kept({ ...files, '/usr/bin/tool': program(10), '/bin/sh': program(1) });
    expect(has('/usr/bin/tool')).toBe(false);
  });

  it('bring the modules that they run', async () => {
    const tool = distribution('tool', { 'tool/__init__.py': '', 'tool/sub.py': '', 'tool/other.py': '' });
    const { has } = await kept({ '/app/app.py': 'import os\ndef f(): os.system("python3 -m tool.sub -x")\n', ...tool });
    const sub = '/usr/lib/python3.13/site-packages/tool/sub.py';
    expect(has(sub)).toBe(true);
    const other = { '/opt/t/bin/python': program(1), '/opt/t/pyvenv.cfg': 'home = /usr/bin\n' };
    const app = { '/app/app.py': 'import os\ndef f(): os.system("/opt/t/bin/python -m tool.sub -x")\n' };
    expect((await kept({ ...app, ...tool, ...other })).has(sub)).toBe(false);
  });

  it('are kept where they are cheap and a module has their name that running code imports', async () => {
    expect(await keepsTool('import helpers', 1e6, 'TOOL = "tool"\n')).toBe(true);
  });

  it.each([
    ['what another program looks for', `${RUN}def f(x):\n    subprocess.run(["timeout", "-E", "err|tool clone|x", x])\n`],
    ['code for Python', `${RUN}def f(x):\n    subprocess.run(["cat", "-c", "import os; tool x"])\n`],
    ['what names are compared with', `${RUN}def f(x):\n    if x in ("timeout", "3", "tool"):\n        subprocess.run(x)\n`],
    ['a text for a function of the standard library', `${RUN}import logging\ndef f(x):\n    logging.info("tool failed")\n`],
    ['a list that is stored, and other calls', 'import helpers\ndef f(x):\n    columns = ["tool", "date"]\n    helpers.go(x)\n'],
  ])('are left out where their name is in %s', async (_, code) => {
    expect(await keepsTool(code, 5e6)).toBe(false);
  });

  it('are kept where their name is one letter, with an argument', async () => {
    const keeps = async (code: string) => (await kept({ '/app/app.py': `${RUN}${code}`, '/usr/bin/R': program(5e6) })).has('/usr/bin/R');
    expect([await keeps('subprocess.run(("R", "RHOME"))'), await keeps('subprocess.run(open(x, "R"))')]).toEqual([true, false]);
  });

  it('are left out where a module has their name that only shares an import with running code', async () => {
    const files = { '/app/app.py': 'import helpers, other', '/app/other.py': 'import settings\nNAMES = ["tool"]', '/app/settings.py': '' };
    const { has } = await kept({ ...files, '/app/helpers.py': HELPERS, '/usr/bin/tool': program(10) });
    expect(has('/usr/bin/tool')).toBe(false);
  });

  it.each([
    ['code', { '/app/app.py': `${RUN}import os\ndef f(x):\n    subprocess.run([os.environ["HASHER"], x])\n` }, true],
    ['a script', { '/app/app.py': '', '/app/a.sh': { text: '#!/bin/sh\n$HASHER "$1"\n', mode: 0o755 } }, true],
    ['code that runs none', { '/app/app.py': 'import os\nprint(os.environ["HASHER"])' }, false],
    ['a script that only prints it', { '/app/app.py': '', '/app/a.sh': { text: '#!/bin/sh\necho $HASHER\n', mode: 0o755 } }, false],
  ])('are kept where a variable of the image has their name, and %s runs it', async (_, files, isKept) => {
    const programs = { '/usr/bin/tool': program(10), '/bin/sh': program(1) };
    const { has } = await kept({ ...files, ...programs }, { env: ['HASHER=tool -b', 'OTHER=tool'] });
    expect(has('/usr/bin/tool')).toBe(isKept);
  });

  it('are kept where the app was installed like a distribution', async () => {
    const code = {
      'mine/__init__.py': '',
      'mine/main.py': 'from mine.run import go\ndef f(a):\n    go(f"tool {a}")\n',
      'mine/run.py': HELPERS,
    };
    const local = distribution('mine', code, { 'direct_url.json': '{"url": "file:///src", "dir_info": {}}' });
    const { has } = await kept({ ...local, '/app/app.py': 'import mine.main', '/usr/bin/tool': program(5e6) });
    expect(has('/usr/bin/tool')).toBe(true);
  });

  it('are left out where code that runs none has their name', async () => {
    expect(await keepsTool('import json\nNAMES = ["tool"]\ndef f():\n    print("tool x")\n', 100)).toBe(false);
  });
});

describeWithPython('programs in strings that look like command lines', () => {
  const lines = 'LINE = "tool -p %s"\nTEXT = "second words -p"\n';
  const image = { '/app/app.py': 'import lib.lines', '/usr/bin/tool': program(1e6), '/usr/bin/second': program(1) };

  it('are kept where other code of the distribution runs programs', async () => {
    const runs = distribution('lib', {
      'lib/__init__.py': 'from lib import run',
      'lib/lines.py': lines,
      'lib/run.py': `${RUN}subprocess.run(["gone"])`,
    });
    const { has } = await kept({ ...image, ...runs });
    expect(['/usr/bin/tool', '/usr/bin/second'].map(has)).toEqual([true, false]);
  });

  it('are left out where none does', async () => {
    const { has } = await kept({ ...image, ...distribution('lib', { 'lib/__init__.py': '', 'lib/lines.py': lines }) });
    expect(has('/usr/bin/tool')).toBe(false);
  });
});
