import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const STANDARD = LAYOUT.standardLibrary[0] as string;
const PROGRAMS = ['alpha', 'bravo', 'charlie', 'delta', 'echoes', 'foxtrot'].map((name) => `/usr/bin/${name}`);
const MODULES = [
  `${STANDARD}/lonely.py`,
  `${STANDARD}/wanted.py`,
  `${STANDARD}/pack/__main__.py`,
  `${STANDARD}/deep.py`,
  `${SITE}/pytest/__init__.py`,
];

/** Which programs and modules are kept where a shell, or Python, gets a script of the app. */
async function kept(commands: string[][], files: Record<string, string>): Promise<string[]> {
  const fs = makeTree({
    ...Object.fromEntries(['sh', 'python3', 'tini'].map((name) => [`/usr/bin/${name}`, { text: '', mode: 0o755 }])),
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
    trace: makeTrace([], { python: LAYOUT, modules: {} }),
    config: { WorkingDir: '/app' },
    env: [],
    commands,
    choice: { include: [], exclude: [] },
    level: 'reachable',
    mostBytes: { call: -1, name: -1 },
    analyst: analystOver(fs),
  });
  return [...PROGRAMS, ...MODULES].filter((path) => keep.has(path)).map((path) => path.replace(/^.*\/(?!__)/, ''));
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

  it("a test runner is for the app's developers", async () => {
    expect(await kept([['sh', '/start']], { '/start': 'python3 -m pytest' })).toEqual([]);
  });

  it("the code of a Python script without .py is the app's own", async () => {
    const files = { '/app/serve': 'def late():\n    import lonely\n' };
    expect(await kept([['python3', '-u', 'serve']], files)).toEqual(['lonely.py']);
    expect(await kept([['sh', '-c', 'python3 /app/serve']], files)).toEqual(['lonely.py']);
    expect(await kept([['python3', 'app.py']], files)).toEqual([]);
  });
});
