import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { kept, SITE, STANDARD } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import type { Node } from '../support/tree.js';

/** No older than the packages, which then count as installed by name. */
const PYTHON = { [`${STANDARD}/os.py`]: '' };

const DATA = [
  '/usr/share/tool/template.html',
  '/usr/lib/x86_64-linux-gnu/tool/plugin.so',
  '/etc/tool-suite/tool.conf',
  '/usr/share/other/data',
  '/usr/share/tool-large/data',
];

/** What is kept of the folders of a program that the app's code runs. @param automatic whether apt brought its package for another one */
async function keptNamed(automatic: boolean, call = 1000): Promise<string[]> {
  const nodes: Record<string, Node> = {
    ...PYTHON,
    '/usr/bin/tool': { text: '', mode: 0o755 },
    '/usr/bin/other': { text: '', mode: 0o755 },
    ...Object.fromEntries(DATA.map((path) => [path, 'x'])),
    '/usr/share/tool/more': 'x'.repeat(500),
    '/app/app.py': 'import subprocess\nsubprocess.run(["tool"])\n',
    '/var/lib/dpkg/info/tool-suite.list': '/usr/bin/tool\n',
    '/var/lib/dpkg/status': 'Package: tool-suite\nPriority: optional\n',
    '/var/lib/apt/extended_states': `Package: tool-suite\nAuto-Installed: ${automatic ? 1 : 0}\n`,
  };
  const { has, costly } = await kept(nodes, { mostBytes: { call, name: 0 } });
  return [...DATA.filter((path) => has(path)), ...costly.map(({ path }) => `not ${path}`)];
}

describeWithPython('folders with the name of a program', () => {
  it('come with a program of a package that somebody installed by name', async () => {
    expect(await keptNamed(false)).toEqual(DATA.slice(0, 3));
  });

  it('do not come with others', async () => {
    expect(await keptNamed(true)).toEqual([]);
  });

  it('are listed where they are expensive', async () => {
    expect(await keptNamed(false, 100)).toEqual([...DATA.slice(1, 3), 'not /usr/share/tool']);
  });
});

it('of an expensive folder, what the program names is there', async () => {
  const strings = Buffer.from('tool-services\0%s/tool-rules\0x\0');
  const { has } = await kept(
    {
      ...PYTHON,
      '/usr/bin/tool': { text: makeElf({ interpreter: '/lib64/ld.so', sections: { '.rodata': strings } }), mode: 0o755 },
      '/usr/share/tool/tool-services': 'x',
      '/usr/share/tool/tool-rules': 'x',
      '/usr/share/tool/scripts/tool-services': 'x',
      '/usr/share/tool/large': 'x'.repeat(2000),
      '/var/lib/dpkg/info/tool.list': '/usr/bin/tool\n',
      '/var/lib/dpkg/status': 'Package: tool\nPriority: optional\n',
    },
    { observations: ['exec /usr/bin/tool'], mostBytes: { call: 1000, name: 0 } },
  );
  const files = ['tool-services', 'tool-rules', 'scripts/tool-services', 'large'];
  expect(files.filter((file) => has(`/usr/share/tool/${file}`))).toEqual(['tool-services', 'tool-rules']);
});

/** What of these files is kept where the app runs `tool`, a script for a native program. */
async function keptAround(
  program: string,
  files: readonly string[],
  automatic = false,
  observations: string[] = [],
  start?: string | Buffer,
): Promise<string[]> {
  const nodes: Record<string, Node> = {
    ...PYTHON,
    '/bin/sh': { text: '', mode: 0o755 },
    '/usr/lib/world/run': { text: '#!/bin/bash\n', mode: 0o755 },
    '/usr/bin/tool': { text: start ?? `#!/bin/sh\nexec ${program} "$@"\n`, mode: 0o755 },
    [program]: { text: makeElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' }), mode: 0o755 },
    ...Object.fromEntries(files.map((path) => [path, 'x'.repeat(2000)])),
    '/app/app.py': 'import subprocess\nsubprocess.run(["tool"])\n',
    '/var/lib/dpkg/info/tool.list': `/usr/bin/tool\n${program}\n${files.filter((path) => !path.includes('other')).join('\n')}\n`,
    '/var/lib/dpkg/status': 'Package: tool\nPriority: optional\n',
    '/var/lib/apt/extended_states': `Package: tool\nAuto-Installed: ${automatic ? 1 : 0}\n`,
  };
  const { has } = await kept(nodes, { observations, mostBytes: { call: 1000, name: 0 } });
  return files.filter((path) => has(path));
}

describeWithPython('the folder of a native program outside PATH', () => {
  const own = ['/usr/lib/tool/data.pak', '/usr/lib/tool/locales/de.pak'];
  const prefix = ['/usr/lib/vm/tool-17/lib/modules', '/usr/lib/vm/tool-17/bin/second', '/usr/lib/vm/tool-17/lib/other.so'];

  it('comes with a program that no run executed, whatever it costs', async () => {
    expect(await keptAround('/usr/lib/tool/tool', own)).toEqual(own);
  });

  it('is what its package brought beside the programs, where it is a prefix', async () => {
    expect(await keptAround('/usr/lib/vm/tool-17/bin/tool', prefix)).toEqual(prefix.slice(0, 1));
  });

  it('comes where it is cheap, where nobody installed the package by its name', async () => {
    expect(await keptAround('/usr/lib/tool/tool', own, true)).toEqual([]);
  });

  it('does not come with a program that a run executed', async () => {
    const seen = ['exec /usr/bin/tool', 'exec /usr/lib/tool/tool', `open ${own[0]}`];
    expect(await keptAround('/usr/lib/tool/tool', own, false, seen)).toEqual(own.slice(0, 1));
  });

  it('comes with a program in PATH that has the name of the folder, or that has its path in it', async () => {
    const files = [...own, '/usr/share/tool/manual'];
    expect(await keptAround('/usr/lib/tool/deep/tool', files, false, [], '#!/bin/sh\nexec "$X"\n')).toEqual(own);
    const world = ['/usr/lib/world/base.rdb', '/usr/lib/second/data', '/bin/bash', '/usr/share/locale/de/tool.mo', '/usr/lib/deep/data'];
    const named = ['/usr/lib/world', '/usr/lib', '/usr/share/locale', '/usr/lib/deep', '%s/world'];
    const native = makeElf({
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      sections: { '.rodata': Buffer.from(`x\0${named.join('\0')}\0`) },
    });
    expect(await keptAround('/usr/lib/world/bin/world', world, false, [], native)).toEqual([world[0], '/bin/bash']);
    expect(await keptAround('/usr/lib/world/bin/world', world, false, ['exec /usr/bin/tool'], native)).toEqual([]);
    expect(await keptAround('/usr/lib/world/bin/serve', world, false, [], native)).toEqual([]);
  });

  it('is no folder that many programs share', async () => {
    expect(await keptAround('/usr/local/libexec/run', ['/usr/local/libexec/x', '/usr/local/lib/y'])).toEqual([]);
    expect(await keptAround('/usr/local/mail/libexec/local', ['/usr/local/lib/y'])).toEqual([]);
    expect(await keptAround('/usr/lib/x/libexec', ['/usr/libexec/y', '/usr/lib/x/z'])).toEqual([]);
  });
});

interface Behind {
  observations?: string[];
  first?: string;
  /** Whether a library runs the program, and not the app's own code. */
  byLibrary?: boolean;
  more?: Record<string, Node>;
}

const PACKAGES = {
  '/var/lib/dpkg/info/office-core.list': '/usr/lib/office/program/run\n',
  '/var/lib/dpkg/info/office-writer.list': '/usr/lib/office/share/filter\n',
  '/var/lib/dpkg/status': 'Package: office-core\nPriority: optional\n\nPackage: office-writer\nPriority: optional\n',
};

/** What of these files is kept where code runs /usr/bin/tool, a link to *script*, which finds its own folder. */
async function keptBehind(script: string, files: readonly string[], { observations = [], first = '#!/bin/sh', ...by }: Behind = {}) {
  const run = 'import subprocess\nsubprocess.run(["tool"])\n';
  const nodes: Record<string, Node> = {
    ...PYTHON,
    '/bin/sh': { text: '', mode: 0o755 },
    '/bin/bash': { text: '', mode: 0o755 },
    '/usr/bin/tool': { link: script },
    [script]: { text: `${first}\ncd "$(dirname "$0")"\nexec ./"$(basename "$0")".bin\n`, mode: 0o755 },
    ...Object.fromEntries(files.map((path) => [path, 'x'.repeat(2000)])),
    ...(by.byLibrary
      ? {
          '/app/app.py': 'import library\nlibrary.go()\n',
          [`${SITE}/library.py`]: `def go():\n  import subprocess\n  subprocess.run(["tool"])\n`,
        }
      : { '/app/app.py': run }),
    ...PACKAGES,
    ...by.more,
  };
  const { has, costly } = await kept(nodes, { observations, mostBytes: { call: 1000, name: 0 } });
  return [...files, '/bin/bash'].filter((path) => has(path)).concat(costly.map(({ path }) => `not ${path}`));
}

describeWithPython('the folder behind a link in PATH', () => {
  const files = ['/usr/lib/office/program/run.bin', '/usr/lib/office/share/filter', '/etc/office/rc', '/usr/lib/other/x', '/usr/share/y'];
  const run = '/usr/lib/office/program/run';

  it('comes with a launcher that no run executed', async () => {
    expect(await keptBehind(run, files)).toEqual([...files.slice(0, 2), 'not /etc/office']);
    expect(await keptBehind('/opt/office/bin/run', ['/opt/office/lib/x.jar', '/opt/other/y'])).toEqual(['/opt/office/lib/x.jar']);
    const package_ = ['/usr/local/lib/node_modules/office/lib/x.js', '/usr/local/lib/node_modules/npm/y.js'];
    expect(await keptBehind('/usr/local/lib/node_modules/office/run', package_)).toEqual(package_.slice(0, 1));
  });

  it('comes with the shells of the scripts in it', async () => {
    const more = { '/usr/lib/office/program/inner': { text: '#!/bin/bash\n', mode: 0o755 } };
    expect(await keptBehind(run, files.slice(0, 1), { more })).toEqual([files[0], '/bin/bash']);
  });

  it('is listed where it is expensive and a run executed the launcher', async () => {
    const observations = [`exec ${run}`, `exec ${files[0]}`];
    expect(await keptBehind(run, files, { observations })).toEqual([files[0], 'not /etc/office', 'not /usr/lib/office']);
  });

  it('comes whatever it costs only where somebody installed a package that has files there, or one of its name', async () => {
    const automatic = (...names: string[]) => names.map((name) => `Package: ${name}\nAuto-Installed: 1\n`).join('\n');
    const by = (states: string, more = {}) =>
      keptBehind(run, files.slice(0, 2), { byLibrary: true, more: { '/var/lib/apt/extended_states': states, ...more } });
    expect(await by(automatic('office-core', 'office-writer'))).toEqual(['not /usr/lib/office']);
    expect(await by(automatic('office-core'))).toEqual(files.slice(0, 2));
    const status = `${PACKAGES['/var/lib/dpkg/status']}\nPackage: office\nPriority: optional\n`;
    const meta = { '/var/lib/dpkg/status': status, '/var/lib/dpkg/info/office.list': '/usr/share/doc/office/copyright\n' };
    expect(await by(automatic('office-core', 'office-writer'), meta)).toEqual(files.slice(0, 2));
  });

  it.each([
    ['has no folder of its own', '/usr/lib/run', ['/usr/lib/x']],
    ['is beside those of others', '/usr/local/lib/run', ['/usr/local/lib/x']],
    ['is among the libraries of the system', '/usr/lib/x86_64-linux-gnu/run', ['/usr/lib/x86_64-linux-gnu/x']],
    ['is in PATH itself', '/usr/bin/run', ['/usr/bin/x']],
    ['is in a virtual environment', '/opt/office/bin/run', ['/opt/office/pyvenv.cfg', '/opt/office/x']],
    ['is beside the modules of Python', `${SITE}/office/run`, [`${SITE}/office/x`]],
  ])('does not come with a script that %s', async (_, script, others) => {
    expect(await keptBehind(script, others)).toEqual([]);
  });

  it('comes with a script for another interpreter, but not for Python', async () => {
    const keptWith = (first: string) => keptBehind('/opt/office/bin/run', ['/opt/office/lib/config.json'], { first });
    expect(await keptWith('#!/usr/bin/env node')).toEqual(['/opt/office/lib/config.json']);
    expect(await keptWith('#!/usr/bin/python3')).toEqual([]);
  });
});
