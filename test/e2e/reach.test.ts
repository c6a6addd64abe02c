import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, leftovers, pyshrink, SLIM, workdir } from '../support/engine.js';
import { exported } from '../support/exported.js';

const SITE = '/opt/venv/lib/python3.13/site-packages';

/** Installs modules in every way that importlib supports, and some that it can't import. */
const LAYOUT = `import os, shutil, subprocess, sys, zipfile
def write(path, text="", mode="w"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, mode) as file:
        file.write(text)
def distribution(name, files, **metadata):
    folder = f"${SITE}/{name}-1.dist-info"
    metadata.setdefault("METADATA", f"Name: {name}\\nVersion: 1\\n")
    for key, text in metadata.items():
        write(f"{folder}/{key.replace('_', '.')}", text)
    if "RECORD" not in metadata:
        write(f"{folder}/RECORD", "".join(f"{path},,\\n" for path in files))
site = "${SITE}/"
write(site + "paths.pth", "/srv/by_path\\n/srv/zipped.egg\\nimport __editable___edited_finder; __editable___edited_finder.install()\\n")
write("/srv/by_path/on_a_pth_file.py", "NAME = 'pth'")
write("/srv/by_path/space/one.py", "NAME = 'space.one'")
write(site + "space/two.py", "NAME = 'space.two'")
with zipfile.ZipFile("/srv/zipped.egg", "w") as egg:
    egg.writestr("zipped/__init__.py", "from zipped.inner import NAME")
    egg.writestr("zipped/inner.py", "import xml.dom.minidom; NAME = 'egg'")
write(site + "__editable___edited_finder.py", """
import sys, importlib.util
MAPPING = {"edited": "/srv/src/edited"}
NAMESPACES = {}
class _EditableFinder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING:
            return importlib.util.spec_from_file_location(name, MAPPING[name] + "/__init__.py", submodule_search_locations=[MAPPING[name]])
def install():
    sys.meta_path.append(_EditableFinder)
""")
write("/srv/src/edited/__init__.py", "def name():\\n    from .late import NAME\\n    return NAME")
write("/srv/src/edited/late.py", "import html.parser; NAME = 'editable'")
distribution("edited", ["__editable___edited_finder.py"], **{"direct_url_json": '{"url": "file:///srv/src", "dir_info": {"editable": true}}'})
write(site + "plugin_one.py", "import wave\\ndef run(): return 'plugin'")
distribution("plugin-one", ["plugin_one.py"], entry__points_txt="")
write(site + "plugin-one-1.dist-info/entry_points.txt".replace("plugin-one", "plugin_one"), "")
shutil.rmtree(site + "plugin_one-1.dist-info")
write(site + "plugin-one-1.dist-info/entry_points.txt", "[app.plugins]\\none = plugin_one:run\\n")
write(site + "lazily/__init__.py", "def __getattr__(name):\\n    import importlib\\n    return importlib.import_module('.' + name, __name__)")
write(site + "lazily/part.py", "NAME = 'lazy'")
write(site + "by_string.py", "import mailbox\\nNAME = 'string'")
write(site + "legacy.pyc", "")
os.remove(site + "legacy.pyc")
write("/tmp/legacy.py", "import sched; NAME = 'only bytecode'")
subprocess.check_call([sys.executable, "-c", "import py_compile; py_compile.compile('/tmp/legacy.py', '${SITE}/legacy.pyc')"])
os.remove("/tmp/legacy.py")
# What cannot be read.
write("/app/broken.py", "def (")
write(site + "huge.py", "x = 1\\n")
os.truncate(site + "huge.py", 200 << 20)
write(site + "other_python.cpython-36m-x86_64-linux-gnu.so", "\\x7fELF")
write(site + "half.cpython-313-x86_64-linux-gnu.so", "\\x7fELF")
os.symlink("loop.py", site + "loop.py")
os.symlink("/app/again", "/app/again")
os.symlink("/app", "/app/inside")
open(b"/app/not-utf8-\\xff.txt", "w").close()
open(b"/app/not_utf8_\\xfe.py", "w").close()
distribution("torn", [], RECORD='"torn,,\\n\\0\\n')
os.makedirs(site + "folder-1.dist-info/RECORD")
`;
const APP = `import sys
def pth():
    import on_a_pth_file
    return on_a_pth_file.NAME
def space():
    from space import one, two
    return one.NAME + two.NAME
def egg():
    import zipped
    return zipped.NAME
def editable():
    import edited
    return edited.name()
def plugins():
    from importlib.metadata import entry_points
    return [point.load()() for point in entry_points(group="app.plugins")]
def lazy():
    import lazily
    return lazily.part.NAME
def string():
    from importlib import import_module
    return getattr(import_module("by_string"), "NAME")
def bytecode():
    import legacy
    return legacy.NAME
def unreadable():
    found = []
    for name in ("broken", "huge", "other_python", "half", "loop"):
        try:
            __import__(name)
        except Exception as error:
            found.append(type(error).__name__)
    return found
def names():
    import os
    return sorted(os.listdir(b"/app"))
def templates():
    return open("/app/templates/a.txt").read()
print(globals()[sys.argv[1]]() if len(sys.argv) > 1 else "hello")
`;
const DOCKERFILE = `FROM ${SLIM}
RUN python3 -m venv --without-pip /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY layout.py /tmp/
RUN python3 /tmp/layout.py && rm /tmp/layout.py && mkdir templates && echo text > templates/a.txt
COPY app.py .
CMD ["python3", "app.py"]
`;

describeWithEngine('the level reachable', () => {
  let image: string;
  let cwd: string;
  let run: Awaited<ReturnType<typeof pyshrink>>;
  const tag = 'pyshrink-test/reach:shrunk';
  beforeAll(async () => {
    image = await buildImage(DOCKERFILE, { 'layout.py': LAYOUT, 'app.py': APP });
    cwd = workdir();
    run = await pyshrink(['shrink', image, '--tag', tag, '--json'], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
  });

  it.each(['pth', 'space', 'egg', 'editable', 'plugins', 'lazy', 'string', 'bytecode', 'unreadable', 'names', 'templates'])(
    'keeps code that the exercise did not run: %s',
    async (name) => {
      const [before, after] = await Promise.all([image, tag].map((one) => docker('run', '--rm', one, 'python3', 'app.py', name)));
      expect(after).toBe(before);
      expect(before).not.toBe('');
    },
  );

  it('notes the path of each file that could not be read', () => {
    const { notes } = JSON.parse(run.stdout as string) as { notes: string[] };
    const text = notes.join('\n');
    for (const path of ['/app/broken.py', `${SITE}/huge.py`, `${SITE}/torn-1.dist-info/RECORD`]) expect(text).toContain(path);
  });

  it('leaves out unreachable modules', async () => {
    const small = await exported(tag);
    expect(small.has(`${SITE}/lazily/part.py`)).toBe(true);
    expect(small.has('/usr/local/lib/python3.13/imaplib.py')).toBe(false);
    expect(await leftovers()).toEqual([]);
  });

  describe('why', () => {
    const why = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await pyshrink(['why', ...args], { cwd });
      return { exitCode, text: `${stdout as string}${stderr as string}` };
    };

    it('shows the chain from a standard library module to the app, with files and lines', async () => {
      const { exitCode, text } = await why('wave');
      expect(exitCode).toBe(0);
      expect(text).toMatch(
        /─ \S*\/plugin_one\.py\n +\[\w+\] .*\n +└─ \S*\/wave\.py\n +\[python\] imported at line 1 of plugin_one \(\S*plugin_one\.py:1\)/,
      );
      expect(text).toContain('/app/app.py');
    });

    it('says which file needs a library', async () => {
      const { text } = await why('/lib/x86_64-linux-gnu/libc.so.6');
      expect(text).toMatch(/libc\.so\.6\n +\[(observed|elf)\]/);
    });

    it('says which image and which level it answers for', async () => {
      const { stdout, stderr } = await pyshrink(['why', '--json', 'wave'], { cwd });
      const { image, level } = JSON.parse(stdout as string);
      expect(level).toBe('reachable');
      expect(stderr).toBe(`in the small image of ${image}, level reachable:`);
    });

    it('says how to include a path that was left out', async () => {
      expect((await why('imaplib')).text).toMatch(/imaplib\.py\n {2}left out: part of the standard library.*--level whole/s);
      expect((await why('/usr/bin/perl')).text).toMatch(/left out: part of the operating system/);
      expect((await why('/usr/share/doc')).text).toMatch(/all \d+ files below it are left out/);
    });

    it('says how much of a distribution is kept, and why', async () => {
      expect((await why('plugin_one')).text).toMatch(/^plugin-one 1: 4 of its 5 files are kept: kept code imports it/);
    });

    it('rejects an unknown name, a missing name and a missing trace', async () => {
      expect(await why('no-such-thing')).toEqual({ exitCode: 2, text: expect.stringMatching(/is no path, module or distribution/) });
      expect((await why()).exitCode).toBe(2);
      expect((await pyshrink(['why', 'json'], { cwd: workdir() })).exitCode).not.toBe(0);
    });

    it('lists the places in the code that static analysis cannot follow', async () => {
      const { exitCode, text } = await why('--unsound');
      expect(exitCode).toBe(0);
      expect(text).toMatch(/^\/opt\/venv\/.*|^\/app\/app\.py:\d+: /m);
      const { stdout } = await pyshrink(['why', '--unsound', '--json'], { cwd });
      const spots = JSON.parse(stdout as string) as { file: string; line: number }[];
      expect(spots).toContainEqual(expect.objectContaining({ file: '/app/app.py', kind: 'import' }));
      const trace = JSON.parse(readFileSync(join(cwd, JSON.parse(run.stdout as string).trace), 'utf8'));
      expect(trace.unsound).toEqual(spots);
    });
  });
});
