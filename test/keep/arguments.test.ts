import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { kept } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const program = (text: string) => ({ text, mode: 0o755 });

/** What is kept of an image whose entrypoint is /entry. */
async function started(entry: string) {
  const fs = makeTree({
    '/usr/bin/python3': program(''),
    '/bin/sh': program(''),
    '/entry': program(`#!/bin/sh\n${entry}\n`),
    '/usr/local/bin/report': program('#!/usr/bin/python3\nimport wave\n'),
    '/usr/local/bin/data': program('not a script'),
    '/usr/local/bin/other': program('#!/opt/tools/bin/python\nimport wave\n'),
    '/opt/tools/pyvenv.cfg': 'home = /usr/bin',
    '/opt/tools/bin/python': { link: '/usr/bin/python3' },
    '/usr/lib/python3.13/wave.py': '',
    '/app/app.py': '',
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace(['exec /entry'], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app', Env: ['PATH=/usr/local/bin:/usr/bin:/bin'] },
    env: [],
    commands: [['/entry', 'python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    analyst: analystOver(fs),
  });
  return keep;
}

describeWithPython('what may be started or named', () => {
  it("includes the author's Python scripts in PATH where the entrypoint runs its arguments", async () => {
    const keep = await started('exec "$@"');
    expect(['/usr/local/bin/report', '/usr/lib/python3.13/wave.py', '/usr/local/bin/data'].map((path) => keep.has(path))).toEqual([
      true,
      true,
      false,
    ]);
    expect(keep.has('/usr/local/bin/other')).toBe(false);
    expect((await started('exec python3 app.py')).has('/usr/local/bin/report')).toBe(false);
  });

  it('includes the history of a repository that the app names, and not that of its own code', async () => {
    const { has } = await kept({
      '/app/app.py': 'import subprocess\nsubprocess.run(["git", "-C", "/srv/demo", "log"])\nLARGE = "/srv/large"',
      '/app/.git/HEAD': 'x',
      '/srv/demo/a.txt': 'x',
      '/srv/demo/.git/HEAD': 'x',
      '/srv/demo/.git/objects/1': 'x',
      '/srv/demo/.mypy_cache/x': 'x',
      '/srv/demo/.git/lfs/objects/1': 'x',
      '/srv/large/a.txt': 'x',
      '/srv/large/.git/objects/1': 'x'.repeat(5e6),
    });
    const paths = ['/srv/demo/a.txt', '/srv/demo/.git/HEAD', '/srv/demo/.git/objects/1', '/srv/demo/.mypy_cache/x', '/app/.git/HEAD'];
    expect(paths.map(has)).toEqual([true, true, true, false, false]);
    expect(['/srv/large/a.txt', '/srv/demo/.git/lfs/objects/1', '/srv/large/.git/objects/1'].map(has)).toEqual([true, false, false]);
  });
});
