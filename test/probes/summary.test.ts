import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { summarizeFiles, summarizeText } from '../support/analyst.js';
import { cythonData } from '../support/cython.js';
import { makeElf } from '../support/elf.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';

describeWithPython('the summary of a module', () => {
  const SOURCE = `
import os.path
from . import near
from ..far import a as b
from typing import TYPE_CHECKING
import typing
if TYPE_CHECKING:
    import only_for_types
if typing.TYPE_CHECKING:
    import only_for_types_too
else:
    import otherwise
try:
    import maybe
except ImportError:
    maybe = None
def function():
    import inside
    class Inner:
        import deeper
class Class:
    import of_class
    def method(self):
        import in_method
    def __call__(self):
        import in_special
if __name__ == "__main__":
    import as_program
`;
  const imported = (python: string) =>
    Object.fromEntries(
      summarizeText(SOURCE, python).imports.map(([line, level, module, names, scope]) => [
        `${'.'.repeat(level)}${module}`,
        [line, names.join(), scope],
      ]),
    );

  it.each(PYTHONS)('under %s has the functions with their lines, also those in functions and classes', (python) => {
    const text = `class A:
    @property
    def x(self):
        def inner(): return [n for n in ""]
        return lambda: inner
    class B:
        async def y(self): pass
def f(): yield 1
`;
    expect(summarizeText(text, python).defined.map(([, name]) => name)).toEqual(['A.x', 'A.x.inner', 'A.B.y', 'f']);
    expect(
      summarizeText(text, python)
        .defined.map(([line]) => line)
        .slice(1),
    ).toEqual([4, 7, 8]);
  });

  it.each(PYTHONS)('under %s has imports with line, level, names and scope, without those under TYPE_CHECKING', (python) => {
    expect(imported(python)).toEqual({
      'os.path': [2, '', ''],
      '.': [3, 'near', ''],
      '..far': [4, 'a', ''],
      typing: [6, '', ''],
      otherwise: [12, '', ''],
      maybe: [14, '', ''],
      inside: [18, '', 'function'],
      deeper: [20, '', 'function'],
      of_class: [22, '', ''],
      in_method: [24, '', 'Class.method'],
      in_special: [26, '', 'Class'],
      as_program: [28, '', '__main__'],
    });
  });

  it.each(PYTHONS)('under %s has the names that are loaded, strings, and code that imports by name', (python) => {
    const summary = summarizeText(
      `import scipy, importlib
def load(kind):
    importlib.import_module("pkg.plain")
    return importlib.import_module("pkg." + kind)
def again():
    return again()
x = scipy.io.loadmat
settings = ["django.contrib.auth", "two words", "/etc/app.conf"]
def __getattr__(name):
    exec(name)
`,
      python,
    );
    expect(summary.names).toEqual(expect.arrayContaining(['io', 'loadmat', 'scipy']));
    expect(summary.functions.load).toContain('import_module');
    expect(summary.functions.again).toEqual([]);
    expect(summary.dynamic).toEqual(expect.arrayContaining(['pkg.plain']));
    expect(summary.strings).toContain('django.contrib.auth');
    expect(summary.strings).not.toContain('two words');
    expect(summary.paths).toEqual(['/etc/app.conf']);
    expect(summary.lazy).toBe(true);
    expect(summary.spots).toEqual([
      [4, 'import'],
      [10, 'exec'],
    ]);
  });

  it.each(PYTHONS)('under %s tells apart what runs only where the module is a program, and platform.system from os.system', (python) => {
    const { commands, main, handsOn, shell } = summarizeText(
      `import platform, subprocess
WINDOWS = platform.system() == "Windows"
FIELDS = ("login", "password")
def of_platform():
    return ["id"], platform.system()
if __name__ == "__main__":
    subprocess.run(["scilab"])
    def helper(name):
        subprocess.Popen(["lua", name])
    helper("x")
`,
      python,
    );
    expect(commands).toEqual([
      [7, '__main__', 'scilab'],
      [9, '__main__', 'lua'],
    ]);
    expect(main).toEqual(expect.arrayContaining(['Popen', 'helper', 'run']));
    expect([handsOn, shell]).toEqual([{}, false]);
    const imported = summarizeText('from platform import system\nNAMES = ["login", system()]\n', python);
    expect([imported.commands, imported.shell]).toEqual([[], false]);
    const run = summarizeText('import os, platform\nNAMES = ["login", platform.system()]\nos.system("tar -x")\n', python);
    expect(run.commands).toContainEqual([3, '', 'tar -x']);
  });

  it.each(PYTHONS)('under %s has what is given to functions that may hand on a command, and which functions these are', (python) => {
    const { handed, handsOn } = summarizeText(
      `import os, subprocess
def run_all(self, name):
    subprocess.run([name], check=True)
def find_bin(name):
    return os.environ.get("PATH", "")
def no_parameter():
    os.system("true")
class Tool:
    def use(self, other):
        self.run_all(["tar", "-x"])
        other.find_bin("getent")
        other.print("word")
        other.run_all("Two Words")
`,
      python,
    );
    expect(handed).toEqual([
      [10, 'Tool.use', 'run_all', 'tar'],
      [10, 'Tool.use', 'run_all', 'tar -x'],
      [11, 'Tool.use', 'find_bin', 'getent'],
    ]);
    expect(handsOn).toEqual({ run_all: [''], find_bin: [''], use: ['find_bin', 'run_all'] });
  });

  it.each(PYTHONS)('under %s has what is given to a function of the module that runs programs, whatever its name', (python) => {
    const { handed, handsOn } = summarizeText(
      `import shutil
def _page(text, parts):
    path = shutil.which(parts[0])
def other(text, parts):
    return text
def pager(text):
    if other(text, ["word"]) or _page(text, ["less"]):
        return
    _page(text, ["more"])
`,
      python,
    );
    expect(handed).toEqual([
      [7, 'pager', '_page', 'less'],
      [9, 'pager', '_page', 'more'],
    ]);
    expect(handsOn).toMatchObject({ _page: [''], pager: ['_page'] });
  });

  it.each(PYTHONS)('under %s has what own code gives to any function, since it may hand it on', (python) => {
    const text = `import helpers
from subprocess import run
def sh(line):
    run(line, shell=True)
def one(name):
    helpers.go("git status", name)
    helpers.go(helpers.FAST, "tar")
    sh(f"sed -n {name}")
`;
    const own = summarizeText(text, python, true);
    expect(own.handed).toEqual([[8, 'one', 'sh', 'sed -n ']]);
    expect(own.passed).toEqual([
      [6, 'one', 'go', 'git status'],
      [7, 'one', 'FAST', 'tar'],
    ]);
    expect(own.handsOn).toEqual({ sh: [''], one: ['FAST', 'go', 'helpers', 'sh'] });
    expect(summarizeText(text, python)).toMatchObject({ handed: own.handed, passed: [], handsOn: { sh: [''], one: ['sh'] } });
  });

  it.each(PYTHONS)('under %s has the prefix of a name that code puts together', (python) => {
    const { commands, handed, strings } = summarizeText(
      `import os, shutil, subprocess
FIRST = "given-"
def joined(name):
    return shutil.which("plus-" + name.lower())
def formatted(args):
    subprocess.run([f"format-{args[0]}", "x"], check=True)
def placed(name):
    os.execvp("percent-%s" % name, [])
    os.execvp("brace-{}".format(name), [])
def constant(name):
    os.execvp(FIRST + name, [])
def given(tool, name):
    tool.run_it(f"handed-{name}")
def returned(name):
    return f"back-{name}"
def others(name, text):
    if name.startswith("start-"):
        subprocess.run(["constant-", f"{name}last-", f"{name}-mid-{text}", "two words-%s" % name])
    return name.split("split-"), print("shown-", name)
`,
      python,
    );
    const prefixed = (texts: string[]) => texts.filter((text) => text.endsWith('*'));
    expect(commands.filter(([, , text]) => text.endsWith('*'))).toEqual([
      [4, 'joined', 'plus-*'],
      [6, 'formatted', 'format-*'],
      [8, 'placed', 'percent-*'],
      [9, 'placed', 'brace-*'],
      [11, 'constant', 'given-*'],
    ]);
    expect(handed).toContainEqual([13, 'given', 'run_it', 'handed-*']);
    expect(prefixed(strings)).toEqual(['back-*', 'brace-*', 'format-*', 'given-*', 'handed-*', 'percent-*', 'plus-*']);
  });

  it.each(PYTHONS)('under %s has programs in command lines, and libraries', (python) => {
    const { commands, maybe, libraries, shell } = summarizeText(
      `import subprocess, shutil, os, ctypes.util
def a():
    subprocess.run(["convert", "label", path], check=True)
    print("unrelated")
def b():
    for name in ("ffmpeg", "avconv"):
        shutil.which(name)
def c():
    os.system("ls -l | sort")
    ctypes.util.find_library("magic")
    ctypes.CDLL("libfoo.so.1")
`,
      python,
    );
    expect(commands).toEqual([
      [3, 'a', 'convert'],
      [3, 'a', 'convert label'],
      [6, 'b', 'avconv'],
      [6, 'b', 'ffmpeg'],
      [9, 'c', 'ls -l | sort'],
    ]);
    expect(maybe).toContain('label');
    expect(libraries).toEqual(
      expect.arrayContaining([
        ['c', 'libfoo.so.1'],
        ['c', 'magic'],
      ]),
    );
    expect(shell).toBe(true);
  });

  it.each(PYTHONS)('under %s has libraries that a function of the module loads for its callers', (python) => {
    const { libraries } = summarizeText(
      `def _open(ffi, *names, **options):
    for name in names:
        return ffi.dlopen(name)
gobject = _open(ffi, "gobject-2.0-0", "libgobject-2.0.so.0")
def later():
    return _open(ffi, "libcairo.so.2")
def other():
    return print("libnone.so")
`,
      python,
    );
    expect(libraries).toEqual(
      expect.arrayContaining([
        ['', 'libgobject-2.0.so.0'],
        ['later', 'libcairo.so.2'],
      ]),
    );
    expect(libraries.map(([, name]) => name)).not.toContain('libnone.so');
  });

  it.each(PYTHONS)('under %s has no imported names among strings, and no documentation among command lines', (python) => {
    const { strings, lines, imports } = summarizeText(
      `"""module 1-part"""
from tools import compare, install
class Class:
    """class 1-part"""
    line = "own -x"
    def method(self):
        """convert 3-part"""
        from tools import stream
        return "sort -u", ("stored", "install")
    def other(self): return "other -x"
short = lambda: "short -x"
`,
      python,
    );
    expect(strings).toEqual(expect.arrayContaining(['install', 'stored']));
    expect(strings).not.toContain('compare');
    expect(strings).not.toContain('stream');
    expect(lines).toEqual(['other -x', 'own -x', 'short -x', 'sort -u']);
    expect(imports.map(([, , , names]) => names)).toEqual([['compare', 'install'], ['stream']]);
  });

  it('has an error for a file that is no module of this Python', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const files: Record<string, string | Buffer> = {
      'broken.py': 'def f(:\n',
      'nul.py': 'x = "\0"',
      'latin.py': Buffer.from([0x78, 0x3d, 0x22, 0xe9, 0x22]),
      'other.pyc': Buffer.from('not for this interpreter'),
      'deep.py': `x = ${'('.repeat(3000)}${')'.repeat(3000)}`,
      'huge.py': Buffer.alloc((16 << 20) + 1, '#'),
    };
    const paths = Object.entries(files).map(([name, content]) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    });
    const errors = summarizeFiles([...paths, join(folder, 'gone.py')]).map(({ error }) => error);
    expect(errors).toEqual([
      expect.stringMatching(/SyntaxError/),
      expect.stringMatching(/null bytes|SyntaxError/),
      expect.stringMatching(/SyntaxError/),
      'compiled by another Python',
      expect.stringMatching(/Error/),
      expect.stringMatching(/larger than 16 MiB/),
      expect.stringMatching(/no such file|No such file/),
    ]);
  });

  it('reads a .pyc without a source, and the source if its .pyc is out of date', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const source = join(folder, 'a.py');
    const python = PYTHONS[0] as string;
    writeFileSync(source, 'import first');
    execFileSync(python, [
      '-c',
      `import py_compile; py_compile.compile(${JSON.stringify(source)}); py_compile.compile(${JSON.stringify(source)}, cfile=${JSON.stringify(join(folder, 'b.pyc'))})`,
    ]);
    writeFileSync(source, 'import second_and_longer');
    const [stale, only] = summarizeFiles([source, join(folder, 'b.pyc')]);
    expect(stale?.imports[0]?.[2]).toBe('second_and_longer');
    expect(only?.imports[0]?.[2]).toBe('first');
    rmSync(source);
  });

  it.each([
    ['x = 1\nx is "a"\n', true],
    ['x = 1\nok = x is not 5\n', true],
    ['assert (len("(") == 1, "one")\n', true],
    ['x = 1\nassert (isinstance(x, (int, float)), "m")\n', true],
    ['x = 1\ny = x is  not b"a" # z\n', true],
    ['x = 1\nassert (x,\n  "(") # always true\n', true],
    ['x = 1\r\nassert (x, "m")\r\n', true],
    ['x = 1\nassert (x, "m"), "n"\n', true],
    ['x = f = g = h = len\nassert (x, f(g(h(1))))\n', true],
    ['x = 1\nassert (x, "m") \\\n\n', true],
    ['x = 1\nassert (x, 1) == x\n', false],
    ["'''Whether it is \"a\" or (b).'''\nx = \"is 'a'\" is None # is 'a'\n", false],
    ['assert (len((1, 2)) == 2), "two"\n', false],
    ['pattern = r"\\d"\nother = "\\\\d"\n', false],
  ])('says whether compiling %j prints a warning, where there is a .pyc', (text, warns) => {
    const source = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'a.py');
    writeFileSync(source, text);
    expect(summarizeFiles([source])[0]?.warns).toBe(false);
    execFileSync(PYTHONS[0] as string, ['-W', 'ignore', '-m', 'py_compile', source]);
    expect(summarizeFiles([source])[0]?.warns).toBe(warns);
  });

  it.each(PYTHONS)('under %s says the same of escapes as the compiler', (python) => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const texts = ['"\\d"', 'b"\\N"', '"\\N{EM DASH}"', 'rb"\\d"', '"\\\\d"', "'''\n# \"\n\\w'''", 'f"{1}\\ "', '"\\400"', '1 # "\\d"'];
    const sources = texts.map((_, index) => join(folder, `a${index}.py`));
    for (const [index, source] of sources.entries()) writeFileSync(source, `x = ${texts[index]}\n1\n`);
    execFileSync(python, ['-W', 'ignore', '-m', 'py_compile', ...sources]);
    const printed = sources.map((source) => {
      const { stderr } = spawnSync(python, ['-B', '-c', 'import sys; compile(open(sys.argv[1]).read(), "a", "exec")', source]);
      return stderr.toString().includes('SyntaxWarning');
    });
    expect(summarizeFiles(sources, [], python).map(({ warns }) => warns)).toEqual(printed);
  });

  it('has names of modules in extension modules, also without separators or compressed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const python = PYTHONS[0] as string;
    const write = (name: string, text: string | Buffer) => {
      writeFileSync(join(folder, name), Buffer.concat([makeElf({ soname: name }), Buffer.from(text as string)]));
      return join(folder, name);
    };
    const blob = execFileSync(python, [
      '-c',
      `import sys, zlib; sys.stdout.buffer.write(zlib.compress(b"${'x'.repeat(80)}pkg.hiddenstatistics"))`,
    ]);
    const paths = [
      write('c.so', '\0json\0pkg._core\0elsewhere.x\0'),
      write('rust.so', `\0pyo3\0${'x'.repeat(64)}collectionsfractionsDecimalpkg.innerValue\0_cffi_backend\0plain\0_ast\0`),
      write('cython.so', Buffer.concat([Buffer.from('\0__pyx_module\0'), blob])),
    ];
    const [c, rust, cython] = summarizeFiles(paths, ['pkg', '_cffi_backend', 'plain']).map(({ strings }) => strings);
    expect(c).toEqual(expect.arrayContaining(['json', 'pkg._core']));
    expect(c).not.toContain('elsewhere.x');
    expect(rust).toEqual(expect.arrayContaining(['collections', 'fractions', 'pkg.innerValue', '_cffi_backend']));
    expect(rust).not.toContain('_ast');
    expect(cython).toEqual(expect.arrayContaining(['statistics', 'pkg.hiddenstatistics']));
  });

  it.each(['plain', 'zlib', 'lzss', 'separate'] as const)(
    'has short names in strings that Cython stores %s, and no name inside another',
    (storage) => {
      const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
      const identifiers = fc.sample(fc.stringMatching(/^[a-z_]{2,12}$/), { numRuns: 400, seed: 1 });
      const samples = Array.from({ length: 8 }, (_, index) => identifiers.slice(50 * index, 50 * (index + 1)));
      const paths = samples.map((sample, index) => {
        const path = join(folder, `${index}.so`);
        const data = cythonData([...sample, 'cmath', 'uuid', 'gzip', 'pkg.part', 'unstatisticsed'], storage);
        const elf = makeElf({ soname: 'x.so' });
        writeFileSync(path, Buffer.concat([elf, Buffer.alloc((8 - (elf.length % 8)) % 8), data]));
        return path;
      });
      for (const [index, { strings, words }] of summarizeFiles(paths, ['pkg']).entries()) {
        expect(strings).toEqual(expect.arrayContaining(['cmath', 'uuid', 'gzip', 'pkg.part']));
        expect(strings).not.toContain('statistics');
        const missing = samples[index]?.filter((name) => !name.startsWith('__') && !words.includes(name) && !strings.includes(name));
        expect(missing).toEqual([]);
      }
    },
  );

  it('has names in the strings of a small module of Cython, where instructions have their lengths', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'small.so');
    // As Cython 3.3.1 wrote it.
    const strings =
      '?__annotate____func____main____module____name____qualname____test___is_coroutineaddasyncio.coroutinescline_in_traceback' +
      'colorsysdecimaldecodedumpsitemsjsonloadnamepkg.partplistlibpoprgb_to_hsvsetdefaultvalues';
    writeFileSync(path, Buffer.concat([makeElf({ soname: 'small.so' }), Buffer.from(`\0cython_runtime\0${strings}\0`)]));
    const found = summarizeFiles([path], ['pkg'])[0]?.strings;
    expect(found).toEqual(expect.arrayContaining(['colorsys', 'decimal', 'json', 'plistlib', expect.stringMatching(/^pkg\.part/)]));
    expect(found).not.toContain('traceback');
  });

  it.each(PYTHONS)('under %s has functions that are handed to another one where they are defined', (python) => {
    const text = `
def plain(a=1, *, b: int = 2): pass
@register("x", name=1)
def decorated(a=1) -> int: pass
class Some:
    @property
    def size(self): pass
    @app.route("/")
    async def index(self, b=(1, 2)): pass
    def run(self): pass
@dataclass
class Other: pass
plain(lambda: 1)
`;
    expect(summarizeText(text, python).given).toEqual(['decorated', 'index', 'size']);
  });

  it.each(PYTHONS)('under %s has strings of the code, and not what only the compiler adds', (python) => {
    const text = `
def plain(): pass
def named(): pass
class A:
    def method(self): pass
CALLS = ("named", "do_%s" % plain, "{}_now".format(1))
`;
    const { strings } = summarizeText(text, python);
    expect(strings).toEqual(expect.arrayContaining(['named', 'do_', '_now']));
    expect(strings).not.toContain('plain');
  });

  it.each(PYTHONS)('under %s has functions that hand on all their arguments', (python) => {
    const text = 'import subprocess\ndef _go(*words):\n    subprocess.check_call(words)\n_go("dot", 1)\n';
    expect(summarizeText(text, python)).toMatchObject({ handsOn: { _go: [''] }, handed: [[4, '', '_go', 'dot']] });
  });

  it('has names of libraries of one letter', () => {
    expect(summarizeText('from ctypes.util import find_library\nfind_library("c")').libraries).toContainEqual(['', 'c']);
  });

  it('accepts any bytes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 50, maxLength: 50 }), (samples) => {
        const paths = samples.map((_, index) => join(folder, `${index}.py`));
        samples.forEach((bytes, index) => {
          writeFileSync(paths[index] as string, bytes);
        });
        for (const { error } of summarizeFiles(paths)) expect(error).not.toBe('');
      }),
      { numRuns: 1 }, // one interpreter for all samples
    );
  });
});
