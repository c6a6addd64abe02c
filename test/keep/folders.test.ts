import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const DATA = [
  '/usr/share/tool/template.html',
  '/usr/lib/x86_64-linux-gnu/tool/plugin.so',
  '/etc/tool-suite/tool.conf',
  '/usr/share/other/data',
  '/usr/share/tool-large/data',
];

/** What is kept of the folders of a program that the app's code runs. @param automatic whether apt brought its package for another one */
async function kept(automatic: boolean, call = 1000): Promise<string[]> {
  const fs = makeTree({
    '/usr/bin/python3': { text: '', mode: 0o755 },
    '/usr/bin/tool': { text: '', mode: 0o755 },
    '/usr/bin/other': { text: '', mode: 0o755 },
    ...Object.fromEntries(DATA.map((path) => [path, 'x'])),
    '/usr/share/tool/more': 'x'.repeat(500),
    '/app/app.py': 'import subprocess\nsubprocess.run(["tool"])\n',
    '/var/lib/dpkg/info/tool-suite.list': '/usr/bin/tool\n',
    '/var/lib/dpkg/status': 'Package: tool-suite\nPriority: optional\n',
    '/var/lib/apt/extended_states': `Package: tool-suite\nAuto-Installed: ${automatic ? 1 : 0}\n`,
  });
  const { keep, costly } = await computeKeepSet({
    fs,
    trace: makeTrace([], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    mostBytes: { call, name: 0 },
    analyst: analystOver(fs),
  });
  return [...DATA.filter((path) => keep.has(path)), ...costly.map(({ path }) => `not ${path}`)];
}

describeWithPython('folders with the name of a program', () => {
  it('come with a program of a package that somebody installed by name', async () => {
    expect(await kept(false)).toEqual(DATA.slice(0, 3));
  });

  it('do not come with others', async () => {
    expect(await kept(true)).toEqual([]);
  });

  it('are listed where they are expensive', async () => {
    expect(await kept(false, 100)).toEqual([...DATA.slice(1, 3), 'not /usr/share/tool']);
  });
});
