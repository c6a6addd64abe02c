import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { isPrefix, programsWith } from '../../src/keep/prefixes.js';
import type { PythonWorld } from '../../src/keep/python/world.js';
import { type Distribution, Distributions } from '../../src/python/distributions.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;

it.each([
  ['jupyter-*', true],
  ['a.b-c-*', true],
  ['-*', false],
  ['jupyter*', false],
  ['jup yter-*', false],
  ['jupyter-x', false],
])('%s stands for programs with a prefix: %s', (name, expected) => expect(isPrefix(name)).toBe(expected));

it('goes through the files of distributions once, for however many prefixes', () => {
  let walks = 0;
  const many = {
    name: 'tool',
    root: SITE,
    requires: [],
    get files() {
      walks++;
      return ['/usr/bin/tool-a', '/usr/bin/tool-b', '/usr/bin/other-c', `${SITE}/tool-d`];
    },
  } as unknown as Distribution;
  const program = { text: '', mode: 0o755 };
  const fs = makeTree(Object.fromEntries(many.files.map((path) => [path, program])));
  const python = { distributions: new Distributions([many]) } as PythonWorld;
  expect(programsWith('tool-*', { fs, python })).toEqual(['/usr/bin/tool-a', '/usr/bin/tool-b']);
  const first = walks;
  expect(programsWith('other-*', { fs, python })).toEqual(['/usr/bin/other-c']);
  expect(walks).toBe(first);
});

/** A distribution with one module and one console script. */
const distribution = (name: string, script: string, code = '') => ({
  [`${SITE}/${name}.py`]: code,
  [`${SITE}/${name}-1.dist-info/METADATA`]: `Name: ${name}\nVersion: 1\n`,
  [`${SITE}/${name}-1.dist-info/RECORD`]: `${name}.py,,\n../../../bin/${script},,\n`,
  [`/usr/bin/${script}`]: { text: `#!/usr/bin/python3\nimport ${name}\n`, mode: 0o755 },
  // Each distribution is required by one, so that no one installed it by its name.
  [`${SITE}/all_of_them-1.dist-info/METADATA`]: `Name: all_of_them\nVersion: 1\n${['core', 'client', 'worker', 'other', 'far'].map((one) => `Requires-Dist: ${one}\n`).join('')}`,
});

async function kept(core: string, app = 'import core\ncore.main()\n', more: Parameters<typeof makeTree>[0] = {}): Promise<string[]> {
  const fs = makeTree({
    '/usr/bin/python3': { text: '', mode: 0o755 },
    '/usr/bin/tool-of-system': { text: '', mode: 0o755 },
    '/app/app.py': app,
    ...distribution('core', 'tool', core),
    ...distribution('client', 'tool-client', 'import helper_of_client\n'),
    [`${SITE}/helper_of_client.py`]: '',
    ...distribution('worker', 'tool-worker'),
    ...distribution('other', 'tools'),
    ...distribution('far', 'x-tool-far'),
    ...more,
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace(['open /app/app.py', `open ${SITE}/core.py`], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    // Nothing that is only offered is cheap enough.
    mostBytes: { call: -1, name: -1 },
    analyst: analystOver(fs),
  });
  const names = ['/usr/bin/tool-client', '/usr/bin/tool-worker', `${SITE}/helper_of_client.py`];
  for (const never of ['/usr/bin/tools', '/usr/bin/x-tool-far', '/usr/bin/tool-of-system']) expect(keep.has(never)).toBe(false);
  return names.filter((path) => keep.has(path));
}

describeWithPython('programs that code starts by a prefix', () => {
  it.each([
    ['an f-string that is looked up', 'import shutil\ndef main(name="x"):\n    return shutil.which(f"tool-{name}")\n'],
    ['a sum that is run', 'import os, sys\ndef main():\n    os.execvp("tool-" + sys.argv[1], [])\n'],
    [
      'a name that is given to a function',
      'import os\ndef run_it(path, args):\n    os.execvp(path, args)\ndef main(name="x"):\n    run_it("tool-%s" % name, [])\n',
    ],
  ])('%s keeps all of them, with what they import', async (_, core) => {
    expect(await kept(core)).toEqual(['/usr/bin/tool-client', '/usr/bin/tool-worker', `${SITE}/helper_of_client.py`]);
  });

  it("the app's own code counts, too", async () => {
    const app = 'import subprocess, sys\nsubprocess.run([f"tool-{sys.argv[1]}"])\n';
    expect(await kept('', app)).toContain('/usr/bin/tool-worker');
  });

  it.each(['exec tool-$1', 'exec "$(dirname "$0")/tool-$name" "$@"'])('a shell script that does %s keeps them, too', async (line) => {
    const app = 'import subprocess\nsubprocess.run(["/app/start.sh"])\n';
    expect(await kept('', app, { '/app/start.sh': { text: `#!/bin/sh\n${line}\n`, mode: 0o755 } })).toContain('/usr/bin/tool-worker');
  });

  it('a name that runs nothing keeps none', async () => {
    expect(await kept('def main(name="x"):\n    return open(f"tool-{name}")\n')).toEqual([]);
    expect(await kept('import shutil\ndef main():\n    return shutil.which("tool-")\n')).toEqual([]);
  });
});
