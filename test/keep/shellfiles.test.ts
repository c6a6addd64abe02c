import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const STANDARD = LAYOUT.standardLibrary[0] as string;
const PROGRAMS = ['alpha', 'bravo', 'charlie', 'delta', 'echoes', 'foxtrot'].map((name) => `/usr/bin/${name}`);
const LOGS = '/var/log/jobs';
const MODULES = [
  `${STANDARD}/lonely.py`,
  `${STANDARD}/wanted.py`,
  `${STANDARD}/pack/__main__.py`,
  `${STANDARD}/deep.py`,
  `${SITE}/pytest/__init__.py`,
];

/** Which programs and modules are kept where a shell, or Python, gets a script of the app. */
async function kept(...given: Parameters<typeof reached>): Promise<string[]> {
  const keep = await reached(...given);
  return [...PROGRAMS, ...MODULES, LOGS].filter((path) => keep.has(path)).map((path) => path.replace(/^.*\/(?!__)/, ''));
}

async function reached(commands: string[][], files: Parameters<typeof makeTree>[0], executed: string[] = []) {
  const fs = makeTree({
    ...Object.fromEntries(['sh', 'python3', 'tini', 'cron', 'supercronic'].map((name) => [`/usr/bin/${name}`, { text: '', mode: 0o755 }])),
    ...Object.fromEntries(PROGRAMS.map((path) => [path, { text: '', mode: 0o755 }])),
    [`${STANDARD}/lonely.py`]: '',
    [`${STANDARD}/wanted.py`]: 'if __name__ == "__main__":\n    import deep\n',
    [`${STANDARD}/deep.py`]: '',
    [`${STANDARD}/pack/__init__.py`]: '',
    [`${STANDARD}/pack/__main__.py`]: '',
    [`${SITE}/pytest/__init__.py`]: '',
    [`${SITE}/pytest-1.dist-info/METADATA`]: 'Name: pytest\nVersion: 1\n',
    [`${SITE}/pytest-1.dist-info/RECORD`]: 'pytest/__init__.py,,\npytest-1.dist-info/METADATA,,\n',
    [`${SITE}/pytest-1.dist-info/entry_points.txt`]: '[pytest11]\n',
    '/app/app.py': '',
    ...files,
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace(executed, { python: LAYOUT, modules: {} }),
    config: { WorkingDir: '/app' },
    env: [],
    commands,
    choice: { include: [], exclude: [] },
    level: 'reachable',
    mostBytes: { call: -1, name: -1 },
    analyst: analystOver(fs),
  });
  return keep;
}

describeWithPython('scripts that interpreters get', () => {
  it.each([
    ['sh', ['sh', '/start']],
    ['a shell behind another program', ['tini', '--', 'sh', '-e', '/start']],
    ['a command line', ['sh', '-c', 'exec sh /start']],
  ])('%s reads one without first line and without the right to run', async (_, command) => {
    expect(await kept([command], { '/start': 'case "$1" in\n  x) alpha ;;\nesac\n' })).toEqual(['alpha']);
  });

  it('so do those that it reads or gives to a shell in turn, wherever they lie', async () => {
    const files = {
      '/start': '. /app/settings.sh\nsh "$HERE/app/more"\nsh last',
      '/app/settings.sh': 'bravo',
      '/app/more': 'charlie; sh other',
      '/app/other': 'foxtrot',
      '/app/last': 'delta',
      '/app/notes': 'echoes',
    };
    expect(await kept([['sh', '/start']], files)).toEqual(['bravo', 'charlie', 'delta', 'foxtrot']);
  });

  it('so do all whose names begin as the word of the script that has a variable', async () => {
    const files = {
      '/start': '. /etc/app/tune-$SIZE\n. mode-$' + '{MODE:-x}.inc',
      '/etc/app/tune-big': 'bravo',
      '/etc/app/other': 'echoes',
    };
    // Not what packages brought, and no pattern that takes long to match.
    const all = { '/start': `. /usr/bin/$X\n. a$A-$B-$C-$D-$E-z\n. ${'x'.repeat(70_000)}$A`, [`/app/a${'-'.repeat(200)}`]: 'alpha' };
    expect(await kept([['sh', '/start']], all)).toEqual([]);
    expect(await kept([['sh', '/start']], { ...files, '/app/mode-y.inc': 'charlie', '/app/mode-y.txt': 'delta' })).toEqual([
      'bravo',
      'charlie',
    ]);
  });

  it('a program that only one line of a command names is kept', async () => {
    expect(await kept([['sh', '-c', 'alpha || timeout 3 bravo']], {})).toEqual(['alpha', 'bravo']);
  });

  it('modules that a script starts or imports are kept, with what they do as programs', async () => {
    expect(await kept([['sh', '/start']], { '/start': 'python3 -m wanted' })).toEqual(['wanted.py', 'deep.py']);
    expect(await kept([['sh', '/start']], { '/start': 'python3 -m pack --x' })).toEqual(['pack/__main__.py']);
    expect(await kept([['sh', '/start']], { '/start': 'python3 - <<E\nimport lonely\nE' })).toEqual(['lonely.py']);
    expect(await kept([['sh', '-c', 'python3 -c "import lonely"']], {})).toEqual(['lonely.py']);
    expect(await kept([['sh', '/start']], { '/start': 'echo python3 -m lonely' })).toEqual([]);
  });

  it("test runners and installers are for the app's developers", async () => {
    expect(await kept([['sh', '/start']], { '/start': 'python3 -m pytest' })).toEqual([]);
    const pip = {
      [`${SITE}/pip/__init__.py`]: 'import lonely',
      [`${SITE}/pip-1.dist-info/METADATA`]: 'Name: pip\nVersion: 1\n',
      [`${SITE}/pip-1.dist-info/RECORD`]: 'pip/__init__.py,,\npip-1.dist-info/METADATA,,\n',
    };
    expect(await kept([['sh', '/start']], { ...pip, '/start': 'python3 -m pip install x' })).toEqual([]);
  });

  it.each(['#!/usr/bin/env bash', '#!/usr/bin/env -S bash -e', '#!/bin/bash', '#!/usr/bin/dumb-init /bin/sh'])(
    '%s is a shell',
    async (line) => {
      expect(await kept([['/start']], { '/start': { text: `${line}\nalpha\n`, mode: 0o755 } })).toEqual(['alpha']);
      expect(await kept([['/start']], { '/start': { text: `${line.replace(/(ba)?sh$|bash -e/, 'awk')}\nalpha\n`, mode: 0o755 } })).toEqual(
        [],
      );
    },
  );

  it('a program beside the script counts, and what it names as a script', async () => {
    const files = { '/start': 'exec "$(dirname "$0")/bin/go" x', '/bin/go': { text: '#!/bin/sh\nalpha', mode: 0o755 } };
    expect(await kept([['sh', '/start']], files)).toEqual(['alpha']);
  });

  it('a link in PATH may lead to a script, whose interpreter is kept', async () => {
    const files: Parameters<typeof makeTree>[0] = {
      '/usr/bin/wrapped': { link: '../share/wrapper' },
      '/usr/share/wrapper': { text: '#!/usr/bin/alpha\n', mode: 0o755 },
    };
    expect(await kept([['sh', '-c', 'wrapped x']], files)).toEqual(['alpha']);
  });

  it("an entrypoint that runs its arguments may run the author's other scripts", async () => {
    const script = (text: string) => ({ text: `#!/bin/sh\n${text}\n`, mode: 0o755 });
    const files = {
      '/start-worker': { text: '#!/usr/bin/env bash\nfoxtrot\n', mode: 0o755 },
      '/usr/bin/later': script('exec sh /data/job'),
      '/usr/bin/python3.13-config': script('echo -I/usr/include'),
    };
    const has = async (start: string) => {
      const keep = await reached([['sh', '/start']], { ...files, '/start': start });
      return Object.keys(files).filter((path) => keep.has(path));
    };
    expect(await has('set -e\nexec gosu app "$@"\n')).toEqual(['/start-worker', '/usr/bin/later']);
    expect(await has('exec serve\n')).toEqual([]);
  });

  it('a script that nobody reads, and that has not the right to run, names nothing', async () => {
    const files = { '/app/release.sh': 'alpha', '/app/read.sh': 'bravo' };
    expect(await kept([['python3', 'app.py']], files, ['open /app/read.sh'])).toEqual(['bravo']);
  });

  it('commands of a supervisor count, also those that start later', async () => {
    const text = '[program:x]\ncommand=/bin/sh -c "sleep 1 && alpha | python3 -m wanted"\nautostart=false\n';
    const files = { '/etc/x.conf': text, '/usr/bin/supervisord': { text: '', mode: 0o755 } };
    const read = ['exec /usr/bin/supervisord', 'open /etc/x.conf'];
    expect(await kept([['supervisord']], files, read)).toEqual(['alpha', 'wanted.py', 'deep.py']);
    expect(await kept([['python3', 'app.py']], files, ['open /etc/x.conf'])).toEqual([]);
  });

  it('recipes of a makefile count where make ran, and tables of a cron that a supervisor may start', async () => {
    const makefile = 'export TOOL ?= alpha\r\nall: bravo\r\n\t@$(TOOL) -x | charlie $$HOME\n\t-for x in 1 2; do delta $$x; done\n';
    const makes = { '/usr/bin/make': { text: '', mode: 0o755 }, '/app/Makefile': makefile };
    expect(await kept([['make', 'all']], makes, ['exec /usr/bin/make', 'open /app/Makefile'])).toEqual(['alpha', 'charlie', 'delta']);
    expect(await kept([['python3', 'app.py']], makes, ['open /app/Makefile'])).toEqual([]);
    const supervised = {
      '/usr/bin/supervisord': { text: '', mode: 0o755 },
      '/etc/app.conf': '[program:cron]\r\ncommand = cron -f\r\nautostart=false\r\n',
      '/etc/cron.d/mine': { link: '/app/jobs' },
      '/app/jobs': '* * * * * root foxtrot\n',
    };
    const read = ['exec /usr/bin/supervisord', 'open /etc/app.conf'];
    expect(await kept([['supervisord']], supervised, read)).toEqual(['foxtrot']);
    expect((await reached([['supervisord']], supervised, read)).has('/etc/cron.d/mine')).toBe(true);
  });

  it("the code of a Python script without .py is the app's own", async () => {
    const files = { '/app/serve': 'def late():\n    import lonely\n' };
    expect(await kept([['python3', '-u', 'serve']], files)).toEqual(['lonely.py']);
    expect(await kept([['sh', '-c', 'python3 /app/serve']], files)).toEqual(['lonely.py']);
    expect(await kept([['python3', 'app.py']], files)).toEqual([]);
  });

  const table = { '/etc/cron.d/jobs': '0 3 * * * root python3 -m wanted | alpha\n' };

  it('what a table of cron runs is kept where cron ran', async () => {
    const read = ['exec /usr/bin/cron', 'open /etc/cron.d/jobs'];
    expect(await kept([['cron', '-f']], table, read)).toEqual(['alpha', 'wanted.py', 'deep.py']);
    expect(await kept([['sh', '-c', 'sleep 1']], table)).toEqual([]);
  });

  it("a package's own job is kept only where somebody installed the package", async () => {
    const dpkg = {
      '/var/lib/dpkg/status': 'Package: keeper\nStatus: install ok installed\nPriority: optional\nVersion: 1\n',
      '/var/lib/dpkg/info/keeper.list': '/etc/cron.d/jobs\n',
    };
    const read = ['exec /usr/bin/cron', 'open /etc/cron.d/jobs'];
    const marks = (automatic: number) => ({ '/var/lib/apt/extended_states': `Package: keeper\nAuto-Installed: ${automatic}\n` });
    expect(await kept([['cron', '-f']], { ...table, ...dpkg, ...marks(1) }, read)).toEqual([]);
    expect(await kept([['cron', '-f']], { ...table, ...dpkg, ...marks(0) }, read)).toEqual(['alpha', 'wanted.py', 'deep.py']);
  });

  it('programs in the folders of cron count as scripts of the app', async () => {
    const files = {
      '/etc/cron.daily/clean': { text: '#!/bin/sh\nbravo\n', mode: 0o755 },
      '/etc/cron.daily/not-run': '#!/bin/sh\ncharlie\n',
    };
    expect(await kept([['cron', '-f']], files, ['exec /usr/bin/cron'])).toEqual(['bravo']);
    // The table belongs to a package that nobody installed by name.
    const table = {
      '/etc/crontab': '17 * * * * root cd / && alpha --report /etc/cron.daily\n',
      '/var/lib/dpkg/info/keeper.list': '/etc/crontab',
    };
    expect(await kept([['cron', '-f']], { ...files, ...table }, ['exec /usr/bin/cron', 'open /etc/crontab'])).toEqual(['alpha', 'bravo']);
    // It is no reason to keep the jobs of other packages.
    const packages = {
      ...table,
      '/var/lib/dpkg/info/other.list': '/etc/cron.daily/other',
      '/etc/cron.daily/other': { text: '#!/bin/sh\necho', mode: 0o755 },
    };
    const keep = await reached([['cron', '-f']], { ...files, ...packages }, ['exec /usr/bin/cron', 'open /etc/crontab']);
    expect(keep.has('/etc/cron.daily/other')).toBe(false);
    expect(keep.has('/etc/cron.daily/clean')).toBe(true);
    expect(await kept([['cron', '-f']], table, ['exec /usr/bin/cron', 'open /etc/crontab'])).toEqual([]);
  });

  it('tables may be links, and the cron one of BusyBox', async () => {
    const files: Parameters<typeof makeTree>[0] = {
      '/usr/sbin/crond': { link: '/bin/busybox' },
      '/bin/busybox': { text: '', mode: 0o755 },
      '/etc/crontabs/root': { link: '/app/jobs' },
      '/app/jobs': '0 3 * * * alpha\n',
    };
    expect(await kept([['crond', '-f']], files, ['open /app/jobs'])).toEqual(['alpha']);
  });

  it('a table that is an argument is one of a user', async () => {
    expect(await kept([['supercronic', '/app/jobs']], { '/app/jobs': '@hourly alpha\n' })).toEqual(['alpha']);
  });

  it('of a path that is not there, the folder is kept', async () => {
    // A package brought it: an empty folder that the author made is kept anyway.
    const folder: Parameters<typeof makeTree>[0] = {
      [LOGS]: { directory: true },
      '/var/lib/dpkg/info/jobs.list': `/var\n/var/log\n${LOGS}\n`,
    };
    const app = { '/app/app.py': 'print(open("/var/log/jobs/x/y", "w"))' };
    expect(await kept([['sh', '-c', 'true']], folder)).toEqual([]);
    expect(await kept([['python3', 'app.py']], { ...folder, ...app })).toEqual(['jobs']);
    expect(await kept([['sh', '/start']], { ...folder, '/start': 'date > /var/log/jobs/today' })).toEqual(['jobs']);
    expect(await kept([['sh', '/start']], { ...folder, '/start': 'LOG=/var/log/jobs/$DAY.log' })).toEqual(['jobs']);
  });
});
