import { expect, it } from 'vitest';
import { kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import type { Node } from '../support/tree.js';

const OTHER = '/usr/lib/python3.11';
const DEBIAN = '/usr/lib/python3/dist-packages';
const program = (text: string) => ({ text, mode: 0o755 });

/** An image whose app runs Python 3.13, with Debian's Python 3.11 and a virtual environment beside it. */
const IMAGE: Record<string, Node> = {
  '/usr/bin/python3.11': program(''),
  '/usr/bin/env': program(''),
  [`${OTHER}/os.py`]: '',
  [`${OTHER}/site.py`]: '',
  [`${OTHER}/wave.py`]: 'import chunk',
  [`${OTHER}/chunk.py`]: '',
  [`${OTHER}/sched.py`]: '',
  [`${OTHER}/encodings/__init__.py`]: '',
  [`${OTHER}/encodings/utf_8.py`]: '',
  [`${OTHER}/encodings/cp500.py`]: '',
  [`${DEBIAN}/tool/__init__.py`]: '',
  [`${DEBIAN}/tool/cli.py`]: 'def main():\n    from tool import late\n    import wave',
  [`${DEBIAN}/tool/late.py`]: '',
  [`${DEBIAN}/tool/words.txt`]: '',
  [`${DEBIAN}/tool-1.dist-info/METADATA`]: 'Name: tool\nVersion: 1\n',
  [`${DEBIAN}/tool-1.dist-info/RECORD`]: ['cli.py', '__init__.py', 'late.py', 'words.txt'].map((file) => `tool/${file},,\n`).join(''),
  [`${DEBIAN}/tool-1.dist-info/entry_points.txt`]: '[console_scripts]\ntool = tool.cli:main\n',
  [`${DEBIAN}/idle.py`]: '',
  [`${SITE}/tool.py`]: '',
  '/usr/bin/tool': program('#!/usr/bin/python3.11\n__requires__ = "tool==1"\nimport importlib\n'),
  '/usr/bin/plain': program('#!/usr/bin/env python3.11\nimport sched\n'),
  '/opt/tools/pyvenv.cfg': 'home = /usr/bin',
  '/opt/tools/bin/python': { link: '/usr/bin/python3.11' },
  '/opt/tools/lib/python3.11/site-packages/mine.py': 'import chunk',
  '/opt/tools/bin/mine': program('#!/opt/tools/bin/python\nfrom mine import main\n'),
  '/usr/local/bin/mine': { link: '/opt/tools/bin/mine' },
};
const run = (name: string) => `import subprocess\nsubprocess.run(["${name}"])`;

describeWithPython('programs in another Python', () => {
  it('get the module of their entry point, what it imports, and the data of their distribution', async () => {
    const { has } = await kept({ ...IMAGE, '/app/app.py': run('tool') });
    for (const path of ['cli.py', 'late.py', 'words.txt']) expect([path, has(`${DEBIAN}/tool/${path}`)]).toEqual([path, true]);
    for (const path of ['wave.py', 'chunk.py', 'site.py', 'encodings/utf_8.py'])
      expect([path, has(`${OTHER}/${path}`)]).toEqual([path, true]);
    for (const path of [`${OTHER}/sched.py`, `${OTHER}/encodings/cp500.py`, `${DEBIAN}/idle.py`, `${SITE}/tool.py`])
      expect([path, has(path)]).toEqual([path, false]);
  });

  it('get all of pkg_resources, also where no list of files says what belongs to it', async () => {
    const vendored = `${DEBIAN}/pkg_resources/_vendor/jaraco/text.py`;
    const { has } = await kept({
      ...IMAGE,
      '/app/app.py': run('tool'),
      [`${DEBIAN}/tool/cli.py`]: 'import pkg_resources',
      [`${DEBIAN}/pkg_resources/__init__.py`]: '',
      [vendored]: '',
    });
    expect(has(vendored)).toBe(true);
  });

  it('are found behind env, too', async () => {
    const { has } = await kept({ ...IMAGE, '/app/app.py': run('plain') });
    expect([has(`${OTHER}/sched.py`), has(`${DEBIAN}/tool/cli.py`)]).toEqual([true, false]);
  });

  it('may be in a virtual environment', async () => {
    const { has } = await kept({ ...IMAGE, '/app/app.py': run('mine') });
    const wanted = [
      '/opt/tools/pyvenv.cfg',
      '/opt/tools/bin/python',
      '/opt/tools/lib/python3.11/site-packages/mine.py',
      `${OTHER}/chunk.py`,
    ];
    for (const path of wanted) expect([path, has(path)]).toEqual([path, true]);
    expect(has(`${DEBIAN}/idle.py`)).toBe(false);
  });

  it('have what runs of them used followed', async () => {
    const { has } = await kept({ ...IMAGE, '/app/app.py': '' }, { observations: ['exec /usr/bin/plain', `open ${DEBIAN}/tool/cli.py`] });
    expect(has(`${DEBIAN}/tool/late.py`)).toBe(true);
  });

  it('may get their module from a script of the app, by -m or as a file', async () => {
    const app = { '/app/app.py': 'print(1)', '/app/late.py': 'import sched' };
    const module = await kept({ ...IMAGE, ...app, '/app/start.sh': program('#!/bin/sh\n/opt/tools/bin/python -m mine\n') });
    expect([`${OTHER}/chunk.py`, '/opt/tools/lib/python3.11/site-packages/mine.py', '/opt/tools/pyvenv.cfg'].map(module.has)).toEqual([
      true,
      true,
      true,
    ]);
    const file = await kept({ ...IMAGE, ...app, '/app/start.sh': program('#!/bin/sh\npython3.11 late.py\n') });
    expect([file.has(`${OTHER}/sched.py`), file.has(`${OTHER}/chunk.py`)]).toEqual([true, false]);
    const own = await kept({ ...IMAGE, ...app, '/app/start.sh': program('#!/bin/sh\npython3 late.py\n') });
    expect(own.has(`${OTHER}/sched.py`)).toBe(false);
  });

  it('get the programs that their code runs, and the data of the system for their modules', async () => {
    const { has, costly } = await kept({
      ...IMAGE,
      '/app/app.py': run('tool'),
      [`${DEBIAN}/tool/cli.py`]:
        'def main():\n    from tool import late\n    import zoneinfo\nif __name__ == "__main__":\n    import subprocess\n    subprocess.run("late_one")\n',
      [`${DEBIAN}/tool/late.py`]: 'import subprocess\ndef main():\n    subprocess.run(["pack", "x"])\n    subprocess.run(["large"])',
      [`${OTHER}/zoneinfo.py`]: '',
      '/usr/share/zoneinfo/UTC': '',
      '/usr/bin/pack': program(''),
      '/usr/bin/late_one': program(''),
      '/usr/bin/large': program('x'.repeat(4e6)),
    });
    const wanted = ['/usr/bin/pack', '/usr/share/zoneinfo/UTC', '/usr/bin/late_one', '/usr/bin/large'];
    expect(wanted.map(has)).toEqual([true, true, false, false]);
    expect(costly).toContainEqual(expect.objectContaining({ path: '/usr/bin/large' }));
  });

  it('get what their scripts run', async () => {
    const { has } = await kept({
      ...IMAGE,
      '/app/app.py': run('plain'),
      '/usr/bin/plain': program('#!/usr/bin/python3.11\nimport subprocess\nif __name__ == "__main__":\n    subprocess.run("late_one")\n'),
      '/usr/bin/late_one': program(''),
    });
    expect(has('/usr/bin/late_one')).toBe(true);
  });

  it.each([
    ['a list', 'import subprocess\nsubprocess.run(["/opt/tools/bin/python", "-m", "mine"])'],
    ['a line', 'import os\ndef f():\n    os.system("/opt/tools/bin/python -m mine --all")'],
    ['a script', 'import os\nos.system("/opt/tools/bin/python late.py")'],
  ])('may be started by code of the app, with %s', async (_, code) => {
    const { has } = await kept({ ...IMAGE, '/app/app.py': code, '/app/late.py': 'import chunk' });
    expect([has('/opt/tools/pyvenv.cfg'), has(`${OTHER}/chunk.py`)]).toEqual([true, true]);
  });

  it('have a script that code of the app gives them, and run what stands under `__main__` of a module', async () => {
    const pack = 'import subprocess\nif __name__ == "__main__":\n    subprocess.run(["pack"])\n';
    const { has } = await kept({
      ...IMAGE,
      '/app/app.py': 'import os\nos.system("/opt/tools/bin/python /opt/tools/own.py")\nos.system("/opt/tools/bin/python -m mine")\n',
      '/opt/tools/own.py': 'import chunk',
      '/opt/tools/lib/python3.11/site-packages/mine.py': pack,
      '/usr/bin/pack': program(''),
    });
    expect(['/opt/tools/own.py', '/usr/bin/pack'].map(has)).toEqual([true, true]);
  });

  it('are no reason to keep one that code only has in a text', async () => {
    const { has } = await kept({ ...IMAGE, '/app/app.py': 'print("/opt/tools/bin/python -m mine")' });
    expect(has(`${OTHER}/chunk.py`)).toBe(false);
  });

  it('may lie outside of PATH, in the folder of their virtual environment', async () => {
    const start = { '/app/app.py': 'print(1)', '/app/start.sh': program('#!/bin/sh\nexec /opt/tools/bin/mine\n') };
    const { '/usr/local/bin/mine': _, ...image } = IMAGE;
    expect((await kept({ ...image, ...start })).has(`${OTHER}/chunk.py`)).toBe(true);
  });

  it('bring no test runner and no installer that a script starts', async () => {
    const pytest = {
      [`${DEBIAN}/pytest/__init__.py`]: '',
      [`${DEBIAN}/pytest/__main__.py`]: 'import chunk',
      [`${DEBIAN}/pytest-8.dist-info/METADATA`]: 'Name: pytest\nVersion: 8\n',
      [`${DEBIAN}/pytest-8.dist-info/RECORD`]: 'pytest/__init__.py,,\npytest/__main__.py,,\n',
    };
    const { has } = await kept({ ...IMAGE, ...pytest, '/app/app.py': '', '/app/check.sh': program('#!/bin/sh\npython3.11 -m pytest\n') });
    expect(has(`${DEBIAN}/pytest/__main__.py`)).toBe(false);
  });

  it('may be modules of the app itself, with what these import', async () => {
    const app = { '/app/app.py': 'print(1)', '/app/jobs.py': 'import parts', '/app/parts.py': 'import chunk' };
    const { has } = await kept({ ...IMAGE, ...app, '/app/start.sh': program('#!/bin/sh\n/opt/tools/bin/python -m jobs\n') });
    expect([has(`${OTHER}/chunk.py`), has(`${OTHER}/sched.py`)]).toEqual([true, false]);
  });

  it('may be started with code, and behind a variable', async () => {
    const code = await kept({
      ...IMAGE,
      '/app/app.py': '',
      '/app/start.sh': program('#!/bin/sh\n/opt/tools/bin/python -c "import mine"\n'),
    });
    const variable = await kept({
      ...IMAGE,
      '/app/app.py': '',
      '/app/start.sh': program('#!/bin/sh\nHOME_=/opt/tools\n"$HOME_/bin/python" -m mine\n'),
    });
    expect([code.has(`${OTHER}/chunk.py`), variable.has(`${OTHER}/chunk.py`)]).toEqual([true, true]);
  });

  it('bring nothing where nothing runs them', async () => {
    const { paths } = await kept({ ...IMAGE, '/app/app.py': 'print("tool")' });
    expect(paths.filter((path) => path.startsWith(OTHER) || path.startsWith(DEBIAN))).toEqual([]);
  });

  it('cost their modules, too, where other code names them', async () => {
    const library = {
      [`${SITE}/lib/__init__.py`]: run('tool'),
      [`${SITE}/lib-1.dist-info/METADATA`]: 'Name: lib\nVersion: 1\n',
      [`${SITE}/lib-1.dist-info/RECORD`]: 'lib/__init__.py,,\n',
    };
    const app = { '/app/app.py': 'import lib' };
    const small = await kept({ ...IMAGE, ...library, ...app });
    expect(small.has(`${DEBIAN}/tool/cli.py`)).toBe(true);
    const large = await kept({ ...IMAGE, ...library, ...app, [`${DEBIAN}/tool/words.txt`]: 'x'.repeat(4e6) });
    expect(large.has('/usr/bin/tool')).toBe(false);
    expect(large.costly).toContainEqual(expect.objectContaining({ path: '/usr/bin/tool' }));
  });
});
