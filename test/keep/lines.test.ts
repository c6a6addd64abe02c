import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { addLines } from '../../src/keep/lines.js';
import { linkOf } from '../../src/report/chains.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeElf } from '../support/elf.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree, type Node } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;

/** A distribution with these files. */
function distribution(name: string, files: Record<string, string>, points = ''): Record<string, Node> {
  const info = `${name}-1.dist-info`;
  const all: Record<string, string> = { ...files, [`${info}/METADATA`]: `Name: ${name}\nVersion: 1\n` };
  if (points) all[`${info}/entry_points.txt`] = points;
  const record = [...Object.keys(all), `${info}/RECORD`].map((path) => `${path},,\n`).join('');
  return Object.fromEntries(Object.entries({ ...all, [`${info}/RECORD`]: record }).map(([path, text]) => [`${SITE}/${path}`, text]));
}

const APP = `import os
import sci
import lazily
def mean(x):
    return sci.stats.average(x)
def load(name):
    from importlib import import_module
    return import_module("plug.one")
SETTINGS = [
    "hooks.first",
]
def run():
    os.system("greet --all")
    return open("/srv/data/table.csv"), "/usr/share/zoneinfo"
`;

describeWithPython('the line of each reason', () => {
  const fs = makeTree({
    '/app/app.py': APP,
    '/srv/data/table.csv': '1',
    '/etc/nsswitch.conf': '# users\npasswd: files other\n',
    '/lib/x86_64-linux-gnu/libc.so.6': { text: makeElf({ soname: 'libc.so.6' }), mode: 0o755 },
    '/lib/x86_64-linux-gnu/libnss_other.so.2': { text: makeElf({ soname: 'libnss_other.so.2' }), mode: 0o755 },
    '/usr/bin/python3': { text: makeElf({ needed: ['libc.so.6'] }), mode: 0o755 },
    '/bin/sh': { text: makeElf({}), mode: 0o755 },
    '/usr/bin/greet': { text: '#!/bin/sh\n\nexec polite\n', mode: 0o755 },
    '/usr/bin/polite': { text: makeElf({}), mode: 0o755 },
    ...distribution('sci', { 'sci/__init__.py': '', 'sci/stats/__init__.py': '', 'sci/README.md': '' }),
    ...distribution('lazily', {
      'lazily/__init__.py': 'NAMES = []\nNAMES += ["later"]\ndef __getattr__(name):\n    pass\n',
      'lazily/later.py': 'import sci\n',
    }),
    ...distribution('plug', { 'plug/__init__.py': '', 'plug/one.py': 'GROUP = "plug.ins"\n' }),
    ...distribution('hooks', { 'hooks/__init__.py': '', 'hooks/first.py': '' }),
    ...distribution('extra', { 'extra/__init__.py': '' }, '[other]\n[plug.ins]\nextra = extra:main\n'),
    [`${LAYOUT.standardLibrary[0]}/os.py`]: '',
    [`${LAYOUT.standardLibrary[0]}/importlib/__init__.py`]: '',
  });

  const places = async (...paths: string[]) => {
    const analyst = analystOver(fs);
    const found = await computeKeepSet({
      fs,
      trace: makeTrace(['exec /usr/bin/python3', 'open /app/app.py'], { python: LAYOUT }),
      analyst,
      config: { WorkingDir: '/app' },
      env: [],
      commands: [['python3', 'app.py']],
      level: 'reachable',
      choice: { include: [], exclude: [] },
    });
    await addLines(found, analyst.locate);
    return paths.map((path) =>
      (found.keep.reasons.get(path) ?? []).map((reason) => {
        const { reason: kind, file, line } = linkOf({ path, reason }, undefined);
        return `${kind} ${file}:${line}`;
      }),
    );
  };
  const place = async (path: string) => (await places(path))[0];

  it.each([
    ['an attribute', `${SITE}/sci/stats/__init__.py`, 'python/attribute /app/app.py:5'],
    ['a module that is loaded on demand', `${SITE}/lazily/later.py`, `python/lazy ${SITE}/lazily/__init__.py:2`],
    ['an import by name', `${SITE}/plug/one.py`, 'python/dynamic /app/app.py:8'],
    ['a string', `${SITE}/hooks/first.py`, 'python/string /app/app.py:10'],
    ['a plugin', `${SITE}/extra/__init__.py`, `python/plugin ${SITE}/plug/one.py:1`],
    ['an entry point', `${SITE}/extra/__init__.py`, `python/entry-point ${SITE}/extra-1.dist-info/entry_points.txt:3`],
    ['a distribution that is imported', `${SITE}/sci/README.md`, 'distribution/app /app/app.py:2'],
    ['a distribution that a name asks for', `${SITE}/plug-1.dist-info/METADATA`, 'distribution/app /app/app.py:8'],
    ['a distribution with a plugin', `${SITE}/extra-1.dist-info/METADATA`, `distribution/pulled ${SITE}/plug/one.py:1`],
    ['a program', '/usr/bin/greet', 'named/program /app/app.py:13'],
    ['the interpreter of a script', '/bin/sh', 'scripts/interpreter /usr/bin/greet:1'],
    ['a shell that runs commands', '/bin/sh', 'named/shell /app/app.py:13'],
    ['a program that a script names', '/usr/bin/polite', 'shell/program /usr/bin/greet:3'],
    ['a path', '/srv/data/table.csv', 'named/path /app/app.py:14'],
    ['a service', '/lib/x86_64-linux-gnu/libnss_other.so.2', 'system/name-service /etc/nsswitch.conf:2'],
  ])('of %s', async (_, path, expected) => {
    expect(await place(path)).toContain(expected);
  });

  it('is missing where no line of code gives it, as in binary files', async () => {
    expect(await place('/lib/x86_64-linux-gnu/libc.so.6')).toContain('elf/needed null:null');
  });
});
