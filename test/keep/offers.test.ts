import { expect, it } from 'vitest';
import { MOST_BYTES } from '../../src/keep/data/costs.js';
import type { Reason } from '../../src/keep/reason.js';
import { costlyLines } from '../../src/report/costly.js';
import { makeElf } from '../support/elf.js';
import { distribution, kept, SITE, STANDARD } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import type { Node } from '../support/tree.js';

const program = (bytes = 100, mtime = 1): Node => ({ text: Buffer.alloc(bytes, '#'), mode: 0o755, mtime });
const [SMALL, LARGE] = [1000, MOST_BYTES.call + 1];

const library = (code: string, more: Record<string, string> = {}) => ({
  '/app/app.py': 'import library',
  ...distribution('library', { 'library/__init__.py': code, ...more }),
});

describeWithPython('a program', () => {
  it('that is a shell for people is kept where library code gives it a command line of its caller', async () => {
    const bash = { '/usr/bin/bash': program(SMALL) };
    const given = 'import subprocess\ndef run(command):\n    subprocess.Popen(["bash", "-c", command])\n';
    const completes = 'import subprocess\ndef version():\n    subprocess.run(["bash", "-c", "echo $BASH_VERSION"])\n';
    expect((await kept({ ...library(given), ...bash })).has('/usr/bin/bash')).toBe(true);
    expect((await kept({ ...library(completes), ...bash })).has('/usr/bin/bash')).toBe(false);
  });

  it('that library code runs is kept where it is cheap, and else reported with who names it', async () => {
    const code = 'import subprocess\ndef archive(path):\n    subprocess.run(["tar", path])\n    subprocess.run(["vast", path])\n';
    const { has, costly } = await kept({ ...library(code), '/usr/bin/tar': program(SMALL), '/usr/bin/vast': program(LARGE) });
    expect([has('/usr/bin/tar'), has('/usr/bin/vast')]).toEqual([true, false]);
    expect(costly).toEqual([
      { path: '/usr/bin/vast', paths: ['/usr/bin/vast'], bytes: LARGE, reason: expect.objectContaining({ module: 'library', line: 4 }) },
    ]);
    expect(costlyLines(costly)[0]).toMatch(/^not kept: \/usr\/bin\/vast \(3\.7 MB, named at line 4 of library\): .*--include/);
  });

  it('that library code runs for a person at a terminal is kept where it costs next to nothing', async () => {
    const code =
      'import shutil\ndef _page(text, parts):\n    return shutil.which(parts[0])\ndef page(text):\n    _page(text, ["more"])\n    _page(text, ["less"])\n';
    const { has } = await kept({ ...library(code), '/usr/bin/more': program(SMALL), '/usr/bin/less': program(MOST_BYTES.name + 1) });
    expect([has('/usr/bin/more'), has('/usr/bin/less')]).toEqual([true, false]);
  });

  it("that the app's own code runs is kept whatever it costs", async () => {
    const { has } = await kept({ '/app/app.py': 'import os\nos.system("vast --all")', '/usr/bin/vast': program(LARGE) });
    expect(has('/usr/bin/vast')).toBe(true);
  });

  it.each([
    ['of the app runs is kept, and so is what it imports', '/app/a.ipynb', true],
    ['outside the app counts for nothing', '/usr/share/doc/a.ipynb', false],
    ['of a distribution counts for nothing', `${SITE}/library/a.ipynb`, false],
  ])('that a notebook %s', async (_, path, expected) => {
    const source = ['!vast --all\n', 'import optional'];
    const { has } = await kept({
      ...library(''),
      ...distribution('optional', { 'optional.py': '' }),
      [path]: JSON.stringify({ nbformat: 4, cells: [{ cell_type: 'code', source }] }),
      '/usr/bin/vast': program(LARGE),
    });
    expect([has('/usr/bin/vast'), has(`${SITE}/optional.py`)]).toEqual([expected, expected]);
  });

  it('costs what it brings: its libraries, its interpreter, the data of the system', async () => {
    const code = 'import subprocess\nsubprocess.run(["linked"])\nsubprocess.run(["scripted"])\n';
    const { has, costly } = await kept({
      ...library(code),
      '/usr/bin/linked': { text: makeElf({ needed: ['libvast.so.1'] }), mode: 0o755 },
      '/usr/lib/libvast.so.1': Buffer.concat([makeElf({ soname: 'libvast.so.1' }), Buffer.alloc(LARGE)]),
      '/usr/bin/scripted': { text: '#!/usr/bin/vast\n', mode: 0o755 },
      '/usr/bin/vast': program(LARGE),
    });
    expect([has('/usr/bin/linked'), has('/usr/bin/scripted')]).toEqual([false, false]);
    expect(costly.map(({ path }) => path).sort()).toEqual(['/usr/bin/linked', '/usr/bin/scripted']);
  });

  it.each([
    [
      'in one module',
      {
        'library/tool.py':
          'import subprocess\nclass Tool:\n    def run_command(self, name):\n        subprocess.run([name])\n    def use(self):\n        self.run_command("useradd")\n',
      },
    ],
    [
      'in another module',
      {
        'library/basic.py':
          'import os\nfrom .process import get_bin_path as find_path\nclass Module:\n    def get_bin_path(self, name):\n        return get_bin_path(name)\n',
        'library/process.py':
          'import os\ndef get_bin_path(name):\n    for folder in os.environ.get("PATH", "").split(":"):\n        pass\n',
        'library/user.py': 'def main(module):\n    module.get_bin_path("useradd", True)\n',
      },
    ],
  ])('that reaches a function which hands it on is kept: %s', async (_, files) => {
    const { has } = await kept({ ...library('', files), '/usr/sbin/useradd': program(SMALL), '/usr/bin/unnamed': program(SMALL) });
    expect([has('/usr/sbin/useradd'), has('/usr/bin/unnamed')]).toEqual([true, false]);
  });

  it.each([
    ['of a library does not count', 'import library', false],
    ['of the app counts', 'import subprocess\nif __name__ == "__main__":\n    subprocess.run(["dot"])', true],
  ])('that only the block under __main__ runs: that %s', async (_, app, expected) => {
    const code = 'import subprocess\nif __name__ == "__main__":\n    subprocess.run(["dot"])\n';
    const { has } = await kept({ ...library(code), '/app/app.py': app, '/usr/bin/dot': program(SMALL) });
    expect(has('/usr/bin/dot')).toBe(expected);
  });

  it.each([
    ['of a distribution whose code does not name it does not count', 'import os', false],
    ['that the code of its distribution names counts', 'import subprocess\nsubprocess.run([HERE + "/update.sh"])', true],
  ])('in a shell script: one %s', async (_, code, expected) => {
    const { has } = await kept({
      ...library(code, { 'library/update.sh': '#!/bin/sh\ndot -T png\n' }),
      [`${SITE}/library/update.sh`]: { text: '#!/bin/sh\ndot -T png\n', mode: 0o755 },
      '/bin/sh': program(SMALL),
      '/usr/bin/dot': program(SMALL),
    });
    expect(has('/usr/bin/dot')).toBe(expected);
  });

  it.each([
    ['that the app imports', 'from vast import run', true],
    ['that only a library imports', 'import library', false],
  ])('is kept whatever it costs for a wrapper with its name %s', async (_, app, expected) => {
    const vast = distribution('vastpython', {
      'vast/__init__.py': 'from vast.cmd import run\n',
      'vast/cmd.py':
        'import subprocess\nclass Tool:\n    name = "vast"\n    def run(self, word):\n        subprocess.run([self.name, word])\n',
    });
    const { has } = await kept({ ...library('import vast'), ...vast, '/app/app.py': app, '/usr/bin/vast': program(LARGE) });
    expect(has('/usr/bin/vast')).toBe(expected);
  });

  it('is a library, it is kept whatever it costs where the app imports what loads it', async () => {
    const magic = (app: string) => ({
      '/app/app.py': app,
      ...distribution('magic', { 'magic/__init__.py': 'import ctypes\nLIBRARY = ctypes.CDLL("libvast.so.1")' }),
      ...distribution('other', { 'other.py': 'def f():\n    import magic' }),
      '/usr/lib/libvast.so.1': makeElf({ soname: 'libvast.so.1', sections: { '.text': Buffer.alloc(LARGE) } }),
    });
    expect((await kept(magic('import magic'))).has('/usr/lib/libvast.so.1')).toBe(true);
    expect((await kept(magic('import other'))).has('/usr/lib/libvast.so.1')).toBe(false);
    const late = (code: string) => ({ ...magic('import magic'), [`${SITE}/magic/__init__.py`]: `import ctypes\n${code}` });
    const load = 'def load():\n    return ctypes.CDLL("libvast.so.1")\n';
    expect((await kept(late(load))).has('/usr/lib/libvast.so.1')).toBe(false);
    expect((await kept(late(`${load}LIBRARY = load()\n`))).has('/usr/lib/libvast.so.1')).toBe(true);
    const forGpu = { '/usr/lib/libvast.so.1': makeElf({ needed: ['libcuda.so.1'], sections: { '.text': Buffer.alloc(LARGE) } }) };
    expect((await kept({ ...magic('import magic'), ...forGpu })).has('/usr/lib/libvast.so.1')).toBe(false);
  });

  it('whose name is only a word in library code is not kept', async () => {
    const code = 'METHODS = ("patch", "get")\ndef request(name):\n    return name\nrequest("patch")\n';
    const { has, costly } = await kept({ ...library(code), '/usr/bin/patch': program(SMALL) });
    expect([has('/usr/bin/patch'), costly]).toEqual([false, []]);
  });

  const installed = (mtime: number): Record<string, Node> => ({
    '/var/lib/dpkg/info/graphs.list': { text: '/usr/bin/dot\n', mtime },
    '/var/lib/dpkg/status': 'Package: graphs\nPriority: optional\n',
    '/usr/bin/dot': program(LARGE),
  });
  const wrapper = {
    'library/names.py': 'from . import execute\nDOT = "dot"\n',
    'library/execute.py': 'import subprocess\ndef run_check(command):\n    subprocess.run(command)\n',
  };

  it.each([
    ["that the app's author installed after the interpreter counts where the code that it imports runs programs", 20_000, wrapper, true],
    ['of the base image does not', 5000, wrapper, false],
    ['does not count where other code in the folder runs programs', 20_000, { ...wrapper, 'library/names.py': 'DOT = "dot"\n' }, false],
    ['does not count for an import', 20_000, { 'library/names.py': 'import subprocess\nDOT = "dot"\n' }, false],
  ])('of a package %s', async (_, mtime, files, expected) => {
    const { has } = await kept({ ...library('', files), ...installed(mtime) });
    expect(has('/usr/bin/dot')).toBe(expected);
  });

  it('that no package brought counts as well, and so does what the app names elsewhere', async () => {
    const byHand = 'import shutil\ndef convert():\n    return shutil.which("ffmpeg")\n';
    const { has } = await kept({
      '/app/app.py': 'import library, settings, tasks',
      '/app/settings.py': 'DOT = "dot"',
      '/app/lib/tasks.py': 'import subprocess, settings\ndef run():\n    subprocess.run([settings.DOT])\n',
      ...distribution('library', { 'library/__init__.py': byHand }),
      ...installed(20_000),
      '/usr/local/bin/ffmpeg': program(LARGE),
    });
    expect([has('/usr/bin/dot'), has('/usr/local/bin/ffmpeg')]).toEqual([true, true]);
  });

  it("that the app's own distribution runs is kept whatever it costs", async () => {
    const own = distribution('own', { 'own/__init__.py': 'import subprocess\nsubprocess.run(["vast"])' });
    const url = { [`${SITE}/own-1.dist-info/direct_url.json`]: '{"url": "file:///src", "dir_info": {}}' };
    const { has } = await kept({ '/app/app.py': 'import own', ...own, ...url, '/usr/bin/vast': program(LARGE) });
    expect(has('/usr/bin/vast')).toBe(true);
  });

  it('of a script is kept where the author installed the script', async () => {
    const { has } = await kept({
      '/app/app.py': 'import subprocess\nsubprocess.run(["wrapped"])',
      '/bin/sh': program(),
      '/usr/bin/wrapped': { text: '#!/bin/sh\nvast -x\n', mode: 0o755 },
      '/usr/bin/vast': program(LARGE),
      '/var/lib/dpkg/info/wrapped.list': { text: '/usr/bin/wrapped\n', mtime: 20_000 },
      '/var/lib/dpkg/status': 'Package: wrapped\nPriority: optional\n',
    });
    expect(has('/usr/bin/vast')).toBe(true);
  });

  it("of data that no package brought is the author's own", async () => {
    const data = { '/usr/share/words/en': { text: 'x'.repeat(LARGE) }, '/usr/share/system/en': { text: 'x'.repeat(LARGE) } };
    const list = { '/var/lib/dpkg/info/system.list': '/usr/share/system/en\n' };
    const code = 'FOLDERS = ["/usr/share/words", "/usr/share/system"]';
    const { has, costly } = await kept({ ...library(code), ...data, ...list });
    expect([has('/usr/share/words/en'), has('/usr/share/system/en')]).toEqual([true, false]);
    expect(costly.map(({ paths }) => paths)).toEqual([['/usr/share/system', '/usr/share/system/en']]);
  });

  it("of a script of the operating system is kept where nobody notices it; that of the app's script always", async () => {
    const script = (name: string): Node => ({ text: `#!/bin/sh\n${name} -x\n`, mode: 0o755 });
    const { has, costly } = await kept({
      '/app/app.py': 'import subprocess\nsubprocess.run(["service"])\nsubprocess.run(["/usr/bin/own"])\n',
      '/bin/sh': program(),
      '/usr/bin/service': script('vast; small'),
      '/usr/bin/own': script('huge'),
      '/usr/bin/small': program(SMALL),
      '/usr/bin/vast': program(LARGE),
      '/usr/bin/huge': program(LARGE),
      '/var/lib/dpkg/info/base.list': '/usr/bin/service\n',
    });
    expect(['small', 'vast', 'huge'].map((name) => has(`/usr/bin/${name}`))).toEqual([true, false, true]);
    expect(costly.map(({ path }) => path)).toEqual(['/usr/bin/vast']);
  });
});

describeWithPython('a world that is not in use', () => {
  const HACK = 'def shim():\n    import importlib.util\n    importlib.util.spec_from_loader("x", None)\n';
  const setuptools = distribution('setuptools', {
    '_distutils_hack/__init__.py': HACK,
    'setuptools/__init__.py': 'import _distutils_hack\n',
    'setuptools/_distutils/core.py': '',
    'setuptools/_vendor/jaraco.py': '',
  });
  const standard = {
    [`${STANDARD}/importlib/__init__.py`]: '',
    [`${STANDARD}/importlib/util.py`]: 'import rare',
    [`${STANDARD}/rare.py`]: '',
  };

  it.each([
    ['is not kept', '', [false, false]],
    ['is kept whole where kept code imports it', 'import setuptools', [true, true]],
  ])('setuptools with its hook %s', async (_, code, expected) => {
    const hook = { _distutils_hack: `${SITE}/_distutils_hack/__init__.py` };
    const { has } = await kept({ ...library(code), ...setuptools, ...standard }, { modules: hook });
    expect([has(`${STANDARD}/rare.py`), has(`${SITE}/setuptools/_vendor/jaraco.py`)]).toEqual(expected);
    expect(has(`${SITE}/_distutils_hack/__init__.py`)).toBe(true);
  });

  it.each([
    ['is not kept where the part that is imported is not there', 'def old():\n    import pip.commands.freeze\n', false],
    ['is kept where it is there', 'def new():\n    import pip._internal.cli\n', true],
    ['is kept where another import succeeds', 'def any():\n    import pip.commands\n    import pip\n', true],
  ])('an installer %s', async (_, code, expected) => {
    const pip = distribution('pip', { 'pip/__init__.py': '', 'pip/_internal/__init__.py': '', 'pip/_internal/cli.py': '' });
    expect((await kept({ ...library(code), ...pip, ...standard })).has(`${SITE}/pip/__init__.py`)).toBe(expected);
  });

  const SETUP = `import os
from setuptools import setup
import lib_of_builds
def sources():
    return os.path.join(os.path.dirname(__file__), 'speed.c')
setup(name='library')
`;
  const later = (text: string) => library(text, { 'library/setup_speed.py': SETUP, 'library/speed.c': 'int x;' });
  it.each([
    ['counts for nothing', '', [true, false, false]],
    ['counts where kept code imports it', 'def build():\n    from . import setup_speed\n', [true, true, true]],
  ])('a script that builds a distribution %s', async (_, code, expected) => {
    const builds = distribution('lib-of-builds', { 'lib_of_builds.py': '' });
    const { has } = await kept({ ...later(code), ...setuptools, ...standard, ...builds });
    expect(['library/setup_speed.py', 'setuptools/__init__.py', 'lib_of_builds.py'].map((path) => has(`${SITE}/${path}`))).toEqual(
      expected,
    );
    expect(has(`${SITE}/library/speed.c`)).toBe(expected[1]);
  });

  it.each([
    ['without a display', [], '', false],
    ['with one', ['DISPLAY=:0'], '', true],
    ["that the app's own code imports", [], 'import tkinter', true],
  ])('Tk %s', async (_, env, app, expected) => {
    const tk = {
      [`${STANDARD}/tkinter/__init__.py`]: 'import _tkinter',
      [`${STANDARD}/lib-dynload/_tkinter.cpython-313-x86_64-linux-gnu.so`]: makeElf({}),
    };
    const code = library('def show():\n    import tkinter\n');
    const { has } = await kept({ ...code, '/app/app.py': `import library\n${app}`, ...tk }, { env });
    expect(has(`${STANDARD}/tkinter/__init__.py`)).toBe(expected);
    expect(has(`${STANDARD}/lib-dynload/_tkinter.cpython-313-x86_64-linux-gnu.so`)).toBe(expected);
  });
});

it('the list of what is expensive is short', () => {
  const reason: Reason = { rule: 'named', kind: 'program', subject: 'x', parents: ['/x.py'], module: 'x' };
  const costly = [...Array(8).keys()].map((number) => ({ path: `/usr/bin/x${number}`, paths: [], bytes: 9e6, reason }));
  expect(costlyLines([])).toEqual([]);
  expect(costlyLines(costly)).toEqual([expect.stringMatching(/x4 \(9\.0 MB, named at x\) and 3 more: /)]);
  const paths = ['/data/repo/.git/hooks/a', '/data/repo/.git/HEAD'];
  const linked = {
    path: '/data/repo/.git/HEAD',
    paths: ['/data/repo/.git/HEAD', '/srv/x'],
    bytes: 9e6,
    reason: { ...reason, kind: 'inside' } as Reason,
  };
  const ofApp = costly.map((one, index) => (index > 2 ? { ...one, reason: { ...one.reason, parents: ['/app/a.py'] } } : one));
  const [line] = costlyLines(ofApp, (path) => path.startsWith('/app/'));
  expect(line).toMatch(/^not kept: .*x3 .*, .*x7 \(9\.0 MB, named at x\) and 3 more: /);
  expect(costlyLines([linked])).toEqual([expect.stringContaining('/data/repo/.git/HEAD (')]);
  const part = { path: paths[0] as string, paths, bytes: 9e6, reason: { ...reason, kind: 'inside', subject: '/data/repo' } as Reason };
  expect(costlyLines([part])).toEqual([expect.stringMatching(/^not kept: \/data\/repo\/\.git\/\*\* \(9\.0 MB, named at x\): /)]);
});

describeWithPython('a folder without modules that an entry point names', () => {
  it('is kept with its files, also where developers read them', async () => {
    const files = {
      'library/__init__.py': '',
      'library/link/library.pc': '',
      'library/link/deep/other.pc': '',
      'library/other/other.pc': '',
    };
    const metadata = { 'entry_points.txt': '[pkg_config]\nlibrary = library.link\n' };
    const { has } = await kept({ '/app/app.py': 'import library', ...distribution('library', files, metadata) });
    const asked = ['link/library.pc', 'link/deep/other.pc', 'other/other.pc'].map((path) => has(`${SITE}/library/${path}`));
    expect(asked).toEqual([true, false, false]);
  });
});
