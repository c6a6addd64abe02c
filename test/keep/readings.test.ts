import { expect, it } from 'vitest';
import { codeThatRan } from '../../src/keep/python/ran.js';
import { namesInBinaries, readingsOf } from '../../src/keep/python/readings.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const many = Array.from({ length: 12 }, (_, index) => `/app/${index}.txt`);
const SITE = LAYOUT.sitePackages[0] as string;

describeWithPython('what an app read that may name variables', () => {
  const fs = makeTree({
    '/app/app.py': 'OWN = 1',
    '/app/not_run.py': 'NOT_RUN = 1',
    '/app/settings.yaml': 'url: OPENED',
    '/app/other.yaml': 'url: NOT_OPENED',
    '/app/picture': Buffer.from('BINARY\0'),
    '/app/large.csv': 'LARGE'.repeat(200000),
    ...Object.fromEntries(many.map((path) => [path, 'x'.repeat(500_000)])),
    '/usr/local/bin/entrypoint.sh': { text: '#!/bin/sh\necho $SCRIPT', mode: 0o755 },
    '/usr/lib/python3.13/os.py': 'STANDARD = 1',
    '/usr/lib/locale.conf': 'SYSTEM',
    '/usr/bin/psql': { text: Buffer.from('\x7fELF\0PGPASSWORD\0'), mode: 0o755 },
    [`${SITE}/lib.py`]: 'import os\nvalue = os.environ.get("LIBRARY_NAME")',
    [`${SITE}/_fast.so`]: Buffer.from('\x7fELF FAST_THREADS OTHER'),
    [`${SITE}/mine/__init__.py`]: 'INSTALLED = 1',
    [`${SITE}/mine-1.dist-info/METADATA`]: 'Name: mine\n',
    [`${SITE}/mine-1.dist-info/direct_url.json`]: '{"url": "file:///src", "dir_info": {}}',
    [`${SITE}/mine-1.dist-info/RECORD`]: 'mine/__init__.py,,\nmine-1.dist-info/METADATA,,\n',
  });
  const opened = [
    '/app/settings.yaml',
    '/app/picture',
    '/usr/lib/python3.13/os.py',
    '/usr/lib/locale.conf',
    `${SITE}/lib.py`,
    `${SITE}/_fast.so`,
  ];
  const observations = [...opened.map((path) => `open ${path}`), 'exec /usr/local/bin/entrypoint.sh', 'exec /usr/bin/psql'];
  const read = async (more: string[] = [], incomplete = false) => {
    const trace = makeTrace([...observations, ...more], { python: LAYOUT, modules: { app: '/app/app.py', lib: `${SITE}/lib.py` } });
    const config = { WorkingDir: '/app', Env: ['MODEL_DIR=/models'], Cmd: ['sh', '-c', 'echo $COMMAND'] };
    const code = await codeThatRan(fs, trace, analystOver(fs), config);
    return readingsOf(fs, trace, code, config, ['$STEP'], incomplete);
  };

  it("is its own code, what it opened, its scripts and command lines; of libraries' code, the strings", async () => {
    const { texts, words, image, incomplete } = await read();
    const text = texts.join('\n');
    for (const name of ['OWN', 'NOT_RUN', 'OPENED', 'SCRIPT', 'INSTALLED', 'COMMAND', 'STEP'])
      expect(text).toMatch(new RegExp(`\\b${name}\\b`));
    for (const name of ['NOT_OPENED', 'BINARY', 'STANDARD', 'SYSTEM', 'PGPASSWORD', 'LIBRARY_NAME'])
      expect(text).not.toMatch(new RegExp(`\\b${name}\\b`));
    expect([...words]).toContain('LIBRARY_NAME');
    expect(image).toEqual(['MODEL_DIR']);
    expect(incomplete).toBe(false);
  });

  it('is incomplete where the caller says so, or where it is too much', async () => {
    expect((await read([], true)).incomplete).toBe(true);
    expect((await read(many.map((path) => `open ${path}`))).incomplete).toBe(true);
    expect((await read(['open /app/large.csv'])).incomplete, 'a large file is data').toBe(false);
  });

  it('is searched in programs and extension modules, for names that nothing else has', async () => {
    const names = ['PGPASSWORD', 'FAST_THREADS', 'UNHEARD'];
    expect([...(await namesInBinaries(fs, makeTrace(observations), names))].sort()).toEqual(['FAST_THREADS', 'PGPASSWORD']);
  });
});
