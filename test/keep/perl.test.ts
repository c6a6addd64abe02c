import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import type { Level } from '../../src/keep/level.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree, type Node } from '../support/tree.js';

const BASE = '/usr/lib/x86_64-linux-gnu/perl-base';
const OWN = '/usr/share/perl5';
const CORE = '/usr/share/perl/5.36';
const program = (text: string) => ({ text, mode: 0o755 });

const PERL: Record<string, Node> = {
  '/usr/bin/python3': program(''),
  '/usr/bin/perl': program(''),
  '/bin/sh': program(''),
  '/usr/share/perl/5.36.0': { directory: true },
  [CORE]: { link: '5.36.0' },
  [`${BASE}/strict.pm`]: '1;',
  [`${BASE}/POSIX.pm`]: 'use XSLoader; use strict;',
  [`${BASE}/auto/POSIX/POSIX.so`]: 'so',
  [`${BASE}/XSLoader.pm`]: 'x',
  [`${BASE}/Errno.pm`]: 'x',
  '/usr/share/perl/5.36.0/POSIX.pm': 'the second one',
  '/usr/share/perl/5.36.0/Unicode/Collate.pm': 'x',
  '/usr/share/perl/5.36.0/Unicode/Collate/allkeys.txt': 'x',
  '/usr/share/perl/5.36.0/Unicode/Collate/Never.pm': 'x',
  '/usr/share/perl/5.36.0/Unicode/Collate/about.pod': 'x',
  [`${OWN}/Tool.pm`]: 'package Tool; use POSIX; my $kind = "Tool::$x"; eval "require $kind";',
  [`${OWN}/Tool/One.pm`]: 'use Tool::Deep;',
  [`${OWN}/Tool/Deep.pm`]: 'x',
  [`${OWN}/Other.pm`]: 'x',
};

async function kept(nodes: Record<string, Node>, app: string, level: Level = 'reachable', commands = [['python3', 'app.py']]) {
  const fs = makeTree({ ...PERL, '/app/app.py': app, ...nodes });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace([], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands,
    choice: { include: [], exclude: [] },
    level,
    analyst: analystOver(fs),
  });
  const isPerls = (path: string) => path.startsWith('/usr/share/perl') || path.startsWith('/usr/lib/x86');
  return [...keep.reasons.keys()].filter((path) => isPerls(path) && fs.lstat(path)?.type === 'f').sort();
}

describeWithPython('modules of Perl', () => {
  it('are those that a kept script loads, with their compiled parts, in the first folder that has them', async () => {
    expect(
      await kept({ '/usr/bin/tool': program('#!/usr/bin/perl\nuse Tool;\n=pod\nuse Other;\n') }, 'import os; os.system("tool")'),
    ).toEqual([
      `${BASE}/Errno.pm`, // Perl loads it by itself
      `${BASE}/POSIX.pm`,
      `${BASE}/XSLoader.pm`,
      `${BASE}/auto/POSIX/POSIX.so`,
      `${BASE}/strict.pm`,
      `${OWN}/Tool.pm`,
      `${OWN}/Tool/Deep.pm`,
      `${OWN}/Tool/One.pm`,
    ]);
  });

  it('come with the data in their folders', async () => {
    const found = await kept(
      { '/usr/bin/tool': program('#!/usr/bin/env -S perl -w\nuse Unicode::Collate;') },
      'import os; os.system("tool")',
    );
    expect(found.filter((path) => path.includes('Unicode'))).toEqual([
      '/usr/share/perl/5.36.0/Unicode/Collate.pm',
      '/usr/share/perl/5.36.0/Unicode/Collate/allkeys.txt',
    ]);
  });

  it.each([
    ['code of the app', {}, 'import subprocess; subprocess.run(["perl", "-MOther", "-e", "print 1"])', [['python3', 'app.py']]],
    ['a shell script', { '/app/start.sh': program('#!/bin/sh\nperl -MOther -e 1\nexec python3 app.py\n') }, '', [['/app/start.sh']]],
    ['a command of the image', {}, '', [['perl', '-MOther', '-e', '1']]],
    ['a script of the app', { '/app/x.pl': 'use Other;' }, 'import os; os.system("perl x.pl")', [['python3', 'app.py']]],
    [
      'a module beside a script',
      { '/app/x.pl': 'use My;', '/app/My.pm': 'use Other;' },
      'import os; os.system("perl x.pl")',
      [['python3', 'app.py']],
    ],
  ])('are those that %s names', async (_, nodes, app, commands) => {
    const found = await kept(nodes, app, 'reachable', commands);
    expect(found).toContain(`${OWN}/Other.pm`);
    expect(found).not.toContain(`${OWN}/Tool.pm`);
  });

  it('have the tables of encodings only where code outside of Perl names encodings', async () => {
    const encode = { '/usr/share/perl/5.36.0/Encode.pm': 'x', '/usr/share/perl/5.36.0/Encode/JP.pm': 'x' };
    const of = async (code: string) =>
      (await kept({ ...encode, '/usr/bin/tool': program(`#!/usr/bin/perl\n${code}`) }, 'import os; os.system("tool")')).filter((path) =>
        /Encode/.test(path),
      );
    expect(await of('use Encode;')).toEqual(['/usr/share/perl/5.36.0/Encode.pm', '/usr/share/perl/5.36.0/Encode/JP.pm']);
    expect(await of('use POSIX;\n# use Encode;\n=pod\nEncode\n=cut\n')).toEqual([]);
  });

  it('are none at the level observed', async () => {
    expect(await kept({ '/usr/bin/tool': program('#!/usr/bin/perl\nuse Tool;') }, '', 'observed', [['tool']])).toEqual([]);
  });

  it('do not come with code for Perl where nothing runs Perl', async () => {
    expect(await kept({ '/app/x.pl': 'use Other;' }, '')).toEqual([]);
  });

  it('are all of them where somebody installed Perl by its name', async () => {
    const nodes = {
      '/var/lib/dpkg/info/perl.list': '/usr/bin/perl\n',
      '/var/lib/dpkg/status': 'Package: perl\nPriority: optional\n',
      '/var/lib/apt/extended_states': 'Package: x\nAuto-Installed: 1\n',
    };
    const found = await kept(nodes, 'import os; os.system("perl x.pl")');
    expect(found).toEqual(expect.arrayContaining([`${OWN}/Tool.pm`, `${OWN}/Other.pm`, '/usr/share/perl/5.36.0/Unicode/Collate/Never.pm']));
  });
});
