import { expect, it } from 'vitest';
import { summarizeText } from '../support/analyst.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';

describeWithPython('command lines', () => {
  it.each(PYTHONS)('under %s tell shells that get a computed command line from others', (python) => {
    const { commands } = summarizeText(
      `import subprocess
def a(command):
    subprocess.run(["bash", "-c", command], check=True)
def b():
    subprocess.run(["bash", "-c", 'echo "\${BASH_VERSION}"'])
def c(name):
    subprocess.run(["bash", name, "-c"])
def d(name):
    subprocess.run(["/bin/bash", "-ec", name])
def e(name):
    subprocess.run(["tar", "-c", name])
def f(name):
    subprocess.run(["bash", "script.sh", name])
def g(name):
    subprocess.run(name, shell=True, executable="/bin/bash")
def h(name, options):
    subprocess.run(name, shell=True, executable="/bin/zsh", **options)
if __name__ == "__main__":
    subprocess.run("echo x | sort", shell=True, executable="/bin/dash")
`,
      python,
    );
    expect(commands.filter(([, , text]) => text.endsWith('*'))).toEqual([
      [3, 'a', 'bash -c *'],
      [7, 'c', 'bash -c *'],
      [9, 'd', '/bin/bash -c *'],
      [15, 'g', '/bin/bash -c *'],
      [17, 'h', '/bin/zsh -c *'],
      [19, '__main__', '/bin/dash -c *'],
    ]);
    expect(commands).toEqual(
      expect.arrayContaining([
        [5, 'b', `bash -c 'echo "\${BASH_VERSION}"'`],
        [11, 'e', 'tar -c'],
        [13, 'f', 'bash script.sh'],
      ]),
    );
  });

  it.each(PYTHONS)('under %s are no names of keyword arguments', (python) => {
    const text = `import subprocess
NAMES = ("sort", "date")
def one(job):
    job.add("zip", id="i", timeout=2)
    return subprocess.run(job, shell=True, cwd="/")
def other(job):
    job.add(sort=1, date=2)
    return ("uniq", "head"), job.add(uniq=1, head=2)
`;
    const { strings, shell } = summarizeText(text, python, true);
    expect(strings).toEqual(['date', 'head', 'i', 'sort', 'uniq', 'zip']);
    expect(shell).toBe(true);
  });

  it.each(PYTHONS)('under %s are names of modules whose names are programs', (python) => {
    const text = `import sh
from plumbum import local
from plumbum.cmd import openssl, apt_get as install
def one(path):
    sh.curl("-O", path)
    sh.contrib.git.bake("pull")
    from sh import tar
    import sh as inner, sh
    sh.xz(inner.bzip2)
    return local.cmd.file(path), local["xz"]
def other(client):
    client.sh.wget(client.cmd.gzip, client.other.sort)
`;
    const found = (code: string) =>
      summarizeText(code, python)
        .commands.map(([line, scope, command]) => `${line} ${scope} ${command}`)
        .sort();
    const NAMES = [
      '3  apt-get',
      '3  apt_get',
      '3  openssl',
      '5 one curl',
      '6 one contrib',
      '6 one git',
      '7 one tar',
      '9 one xz',
      '10 one file',
    ];
    expect(found(text)).toEqual([...NAMES, '12 other gzip', '12 other wget'].sort());
    expect(found('import cmd\ndef f(sh):\n    sh.curl(cmd.Cmd)\n')).toEqual([]);
  });

  it.each(PYTHONS)('under %s are what is looked for, and no lists of names and no messages', (python) => {
    const text = `import shutil, logging
__all__ = ["copy", "paste", "sort"]
def one():
    return [name for name in ("third", "fourth") if shutil.which(name)]
def other(path):
    if any(map(lambda name: shutil.which(name), ("fifth", "sixth"))):
        logging.warning("mkdir -p failed for %s: %s", path, 1)
    return "mkdir -p %s" % path
`;
    const { commands, lines } = summarizeText(text, python);
    const found = commands.map(([line, , command]) => `${line} ${command}`).sort();
    expect(found).toEqual(['4 fourth', '4 third', '6 fifth', '6 sixth']);
    expect(lines).toEqual(['mkdir -p %s']);
  });

  it.each(PYTHONS)('under %s are not what decorators get', (python) => {
    const text = `@cli.command("import")
@cli.argument("convert")
class A:
    @cli.command()
    @cli.argument("display")
    def a(self):
        if run_tool("first"):
            @cli.command("split")
            def inner(): pass
        assert run_tool("second"), "third"
        @cli.command(name="join")
        def other(): pass
        return other if run_tool("fourth") else inner
run_tool("fifth")
@cli.command("sort")
def b():
    yield run_tool("sixth")
`;
    const { handed } = summarizeText(text, python);
    expect(handed.map(([, , , command]) => command).sort()).toEqual(['fifth', 'first', 'fourth', 'second', 'sixth']);
  });

  it.each(PYTHONS)('under %s have programs whose names begin with digits', (python) => {
    const text = `import subprocess
PACKER = "7z"
FORMATS = {"zip": ("unzip", "7za"), 7: "2nd", "3 of 4": "5", "n": "1_000"}
def a(path):
    subprocess.run([PACKER, "x", path])
def b(path):
    run_tool(["2to3-3.11", path])
    run_tool(["64", path])
def run_tool(words):
    subprocess.run(words)
`;
    const { commands, handed, strings } = summarizeText(text, python);
    expect(commands.map(([line, , command]) => [line, command])).toEqual([
      [5, '7z'],
      [5, '7z x'],
    ]);
    expect(handed.map(([line, , , command]) => [line, command])).toEqual([[7, '2to3-3.11']]);
    expect(strings.filter((name) => /^\d/.test(name))).toEqual(['2nd', '7z', '7za']);
  });

  it.each(PYTHONS)('under %s are found where functions have other names', (python) => {
    const text = `from subprocess import check_output as read, run
from asyncio import create_subprocess_exec as spawn
from json import load as popen
from platform import system as read_it
import pty
def a(path):
    read(["svn", "info", path])
async def b(path):
    await spawn("shred", path)
def c():
    pty.spawn(["top", "-b"])
def d():
    read_it("word")
`;
    const { commands } = summarizeText(text, python);
    expect(commands.map(([line, , word]) => [line, word])).toEqual(
      expect.arrayContaining([
        [7, 'svn info'],
        [9, 'shred'],
        [11, 'top -b'],
      ]),
    );
    expect(commands.map(([, , word]) => word)).not.toContain('word');
  });

  it.each(PYTHONS)('under %s have names that a module or a class gave them', (python) => {
    const { commands, handed } = summarizeText(
      `import subprocess
TOOL = "convert"
class Compiler:
    program = "msgfmt"
    options = ["--check"]
    def one(self, path):
        args = [self.program, *self.options, path.name]
        run_it(args)
    def two(self, path):
        subprocess.run([TOOL, path.name, "x"])
def three(path):
    args = ["msgmerge", *path.options]
    return run_it(args)
def four():
    check_programs("msguniq", "msgattrib")
    print("sort")
    run_command("git", "diff")
    print("cut")
def five(path, size):
    from os.path import join
    args = ["git", path, size.value]
    subprocess.run(args)
def six():
    args = ["hg", "pull", "-u"]
    run_it(args)
def seven(path, size):
    subprocess.run(["svn", path, size])
`,
      python,
    );
    expect(commands).toEqual([
      [10, 'Compiler.two', 'convert'],
      [21, 'five', 'git'],
      [27, 'seven', 'svn'],
    ]);
    expect(handed).toEqual([
      [7, 'Compiler.one', 'run_it', 'msgfmt'],
      [12, 'three', 'run_it', 'msgmerge'],
      [15, 'four', 'check_programs', 'msgattrib'],
      [15, 'four', 'check_programs', 'msguniq'],
      [17, 'four', 'run_command', 'git'],
      [24, 'six', 'run_it', 'hg pull -u'],
    ]);
  });

  it.each(PYTHONS)('under %s have no annotations in them', (python) => {
    const { commands } = summarizeText(
      `from subprocess import Popen
def first(process: Popen, convert: str) -> "stream":
    pass
def second(compare: Popen, install=None) -> int:
    pass
class Class:
    def third(self, sort: Popen, link: "Class"):
        pass
NAMES = ("file", first)
Popen(["tool", "-x"])
`,
      python,
    );
    expect(commands).toEqual([
      [9, '', 'file'],
      [10, '', 'tool'],
      [10, '', 'tool -x'],
    ]);
  });
});
