import { describe, expect, it } from 'vitest';
import type { Reason } from '../../src/keep/reason.js';
import { programsIn } from '../../src/report/programs.js';
import { meantBy, unsoundLines, whyKept } from '../../src/report/why.js';
import { KEEP_VERSION, type KeepReport } from '../../src/workspace/keepreport.js';
import { LAYOUT } from '../support/analyst.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const nothing = { files: 0, bytes: 0 };
const file = { type: 'f', size: 1, layer: 'app' } as const;
const report: KeepReport = {
  version: KEEP_VERSION,
  original: { reference: 'x', id: 'sha256:0', platform: 'linux/amd64' },
  level: 'reachable',
  targetGpu: 'any',
  kept: {
    '/app': { type: 'd', size: 0, layer: 'app', reasons: [{ rule: 'parents', kind: 'directory', parents: ['/app/app.py'] }] },
    '/app/app.py': { ...file, reasons: [{ rule: 'python', kind: 'own-code', parents: [] }] },
    [`${SITE}/lib/__init__.py`]: {
      ...file,
      reasons: [{ rule: 'python', kind: 'import', module: 'app', line: 2, parents: ['/app/app.py'] }],
    },
    '/usr/bin/sh': { ...file, reasons: [{ rule: 'named', kind: 'shell', parents: ['/app/app.py'] }] },
    '/bin': { type: 'l', size: 0, layer: 'system', reasons: [{ rule: 'runtime', kind: 'top-level-link', parents: [] }] },
  },
  omitted: {
    [`${SITE}/lib/tests/test_a.py`]: { size: 3, because: 0 },
    '/usr/share/doc/a': { size: 3, because: 1 },
    '/usr/share/doc/b/c': { size: 3, because: 1 },
  },
  omissions: [{ kind: 'test', subject: 'lib' }, { kind: 'system' }],
  owners: [],
  links: { '/bin': 'usr/bin' },
  distributions: [
    { name: 'my-lib', version: '1', metadata: `${SITE}/lib-1.dist-info`, files: 2, kept: 1, grade: 'app', by: `${SITE}/lib/__init__.py` },
    { name: 'idle', version: '2', metadata: `${SITE}/idle-2.dist-info`, files: 2, kept: 0, grade: null },
  ],
  totals: {
    original: nothing,
    kept: nothing,
    omitted: nothing,
    stripped: nothing,
    layers: { system: nothing, python: nothing, distributions: nothing, app: nothing },
  },
};
const why = (subject: string) => whyKept(subject, report, LAYOUT);

describe('whyKept', () => {
  it('leads from a path or a module to the code of the app', () => {
    const lines = [
      '/app/app.py',
      "  [python] the app's own code",
      `└─ ${SITE}/lib/__init__.py`,
      '     [python] imported at line 2 of app (/app/app.py:2)',
    ];
    expect(why(`${SITE}/lib/__init__.py`)).toMatchObject({ subject: `${SITE}/lib/__init__.py`, kept: true, lines });
    expect(why('lib')).toMatchObject({ subject: 'lib', kept: true, lines });
    expect(why('lib')?.chain?.at(-1)).toEqual({
      path: `${SITE}/lib/__init__.py`,
      parent: '/app/app.py',
      reason: 'python/import',
      text: 'imported at line 2 of app',
      file: '/app/app.py',
      line: 2,
    });
  });

  it('finds a program and a library by their names', () => {
    expect(why('sh')).toMatchObject({ subject: 'sh', kept: true });
    // A link to the library comes first in keep.json, and is not what one asks about.
    const link = { type: 'l', size: 0, layer: 'system', reasons: [] as Reason[] } as const;
    const kept = {
      '/usr/lib/libpq.so.5': link,
      ...report.kept,
      '/usr/lib/libpq.so.5.15': { ...file, owner: 0, reasons: report.kept['/usr/bin/sh']?.reasons ?? [] },
    };
    const links = { ...report.links, '/usr/lib/libpq.so.5': 'libpq.so.5.15' };
    const owners = [{ kind: 'package' as const, name: 'libpq5', version: '15' }];
    const reasons = report.kept['/usr/bin/sh']?.reasons ?? [];
    const awk = { '/var/lib/alternatives/awk': { ...file, reasons }, '/usr/bin/awk': { ...link, reasons } };
    expect(
      meantBy('awk', { ...report, kept: { ...kept, ...awk }, links: { ...links, '/usr/bin/awk': 'mawk' } }, LAYOUT, makeTree({})).path,
    ).toBe('/usr/bin/awk');
    for (const name of ['libpq', 'libpq5', 'libpq.so.5.15']) {
      expect(whyKept(name, { ...report, kept, owners, links }, LAYOUT)?.lines).toContain('└─ /usr/lib/libpq.so.5.15');
    }
  });

  it('lists the other reasons, the strongest first', () => {
    const reasons: Reason[] = [
      { rule: 'python', kind: 'string', subject: 'x', module: 'app', parents: ['/app/app.py'] },
      { rule: 'parents', kind: 'directory', parents: ['/bin'] },
      { rule: 'observed', kind: 'exec', parents: [], subject: 'sh' },
    ];
    const answer = whyKept('/x', { ...report, kept: { ...report.kept, '/x': { ...file, reasons } } }, LAYOUT);
    expect(answer?.lines.slice(-3)).toEqual([
      'other reasons, the strongest first:',
      '  [observed] executed by sh',
      '  [parents] directory of a kept path (/bin)',
    ]);
    expect(answer?.reasons?.map(({ reason }) => reason)).toEqual(['observed/exec', 'python/string', 'parents/directory']);
  });

  it('follows links in the path', () => {
    expect(why('/bin/sh')).toMatchObject({ subject: '/usr/bin/sh', kept: true });
    expect(why('/bin')).toMatchObject({ subject: '/bin', kept: true });
  });

  it('says for a distribution how much is kept, in any spelling of its name', () => {
    expect(why('My_Lib')?.lines[0]).toBe('my-lib 1: 1 of its 2 files are kept: the app imports it, so all its public modules are kept');
    expect(why('idle')).toEqual({ subject: 'idle', kept: false, lines: ['idle 2: 0 of its 2 files are kept: no kept code imports it'] });
  });

  it('says why a file is left out', () => {
    expect(why(`${SITE}/lib/tests/test_a.py`)?.lines[1]).toMatch(/^ {2}left out: a test of lib/);
    expect(why('lib.tests.test_a')).toMatchObject({ kept: false });
  });

  it('counts the reasons below a folder that is left out', () => {
    expect(why('/usr/share/doc/')?.lines).toEqual([
      '/usr/share/doc: all 2 files below it are left out',
      expect.stringMatching(/^ {2}2 files: part of the operating system/),
    ]);
  });

  it.each(['/nowhere', 'nowhere', 'constructor', '__proto__', 'no such thing'])('knows nothing of %s', (subject) => {
    expect(why(subject)).toBeUndefined();
  });
});

it('lists the places that reading cannot follow, or says that there are none', () => {
  expect(unsoundLines([{ file: '/app/app.py', line: 7, kind: 'import' }], 'x')).toEqual([
    '/app/app.py:7: imports a module with a computed name',
  ]);
  expect(unsoundLines([], 'x')).toEqual(['Nothing in the code of x that ran computes what it imports or executes.']);
});

it('names the file whose line names a program, also where it is not the path that led to it', () => {
  const reason = { rule: 'named', kind: 'program', subject: 'git', module: 'base', line: 9 } as const;
  const kept: KeepReport['kept'] = {
    '/bin/git': {
      type: 'f',
      layer: 'system',
      size: 10,
      program: true,
      reasons: [{ ...reason, file: '/app/base.py', parents: ['/app/app.py'] }],
    },
  };
  expect(programsIn({ ...report, kept })).toMatchObject([{ by: '/app/base.py', line: 9 }]);
});

it('lists programs with what only they need, the most expensive first', () => {
  const system = { type: 'f', layer: 'system' } as const;
  const because = (parent: string): Reason => ({ rule: 'elf', kind: 'needed', parents: [parent] });
  const kept: KeepReport['kept'] = {
    '/app/app.py': { ...file, reasons: [{ rule: 'python', kind: 'own-code', parents: [] }] },
    '/bin/git': {
      ...system,
      size: 10,
      program: true,
      reasons: [{ rule: 'named', kind: 'program', subject: 'git', module: 'app', line: 2, parents: ['/app/app.py'] }],
    },
    '/bin/ls': { ...system, size: 20, program: true, reasons: [{ rule: 'observed', kind: 'exec', parents: [] }] },
    '/lib/git.so': { ...system, size: 100, reasons: [because('/bin/git')] },
    '/lib/deep.so': { ...system, size: 1000, reasons: [because('/lib/git.so')] },
    '/lib/shared.so': { ...system, size: 5000, reasons: [because('/bin/git'), because('/bin/ls')] },
  };
  expect(programsIn({ ...report, kept })).toEqual([
    {
      path: '/bin/git',
      size: 10,
      brings: 1110,
      because: 'a program that kept code names: "git", line 2 of app',
      by: '/app/app.py',
      line: 2,
    },
    { path: '/bin/ls', size: 20, brings: 20, because: 'executed' },
  ]);
});
