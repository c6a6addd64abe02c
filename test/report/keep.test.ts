import { expect, it } from 'vitest';
import type { Edit } from '../../src/elf/strip.js';
import { computeKeepSet } from '../../src/keep/compute.js';
import { describeOmission } from '../../src/report/words.js';
import { KEEP_VERSION, KeepReport, type Omission } from '../../src/workspace/keepreport.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeElf } from '../support/elf.js';
import { makeTrace } from '../support/keep.js';
import { keepReportOf, ORIGINAL } from '../support/keepreport.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const COMPILED = `${SITE}/fast/part${LAYOUT.suffixes[0]}`;
const fs = makeTree({
  '/usr/bin/python3': { text: '', mode: 0o755 },
  '/app/app.py': 'import lib',
  '/app/tests/test_app.py': 'import pytest',
  [`${SITE}/lib/__init__.py`]: 'import fast.part',
  [`${SITE}/lib/x.pyi`]: '',
  [`${SITE}/lib/tests/test_x.py`]: '',
  [`${SITE}/lib/__pycache__/__init__.cpython-313.pyc`]: '',
  [`${SITE}/lib-1.dist-info/METADATA`]: 'Name: lib\nVersion: 1\n',
  [`${SITE}/lib-1.dist-info/RECORD`]: 'lib/__init__.py,,\nlib/x.pyi,,\nlib/tests/test_x.py,,\nlib-1.dist-info/METADATA,,\n',
  [`${SITE}/fast/__init__.py`]: '',
  [`${SITE}/fast/part.py`]: '',
  [COMPILED]: Buffer.concat([
    makeElf({ symbols: ['PyInit_part'], sections: { '.rodata': Buffer.from('\0fast/part.py\0') } }),
    Buffer.alloc(2e6),
  ]),
  [`${SITE}/fast-1.dist-info/METADATA`]: 'Name: fast\nVersion: 1\n',
  [`${SITE}/fast-1.dist-info/RECORD`]: `fast/__init__.py,,\nfast/part.py,,\n${COMPILED.slice(SITE.length + 1)},,\nfast-1.dist-info/METADATA,,\n`,
  [`${SITE}/unused.py`]: '',
  [`${SITE}/unused-2.dist-info/METADATA`]: 'Name: unused\nVersion: 2\n',
  [`${SITE}/unused-2.dist-info/RECORD`]: 'unused.py,,\nunused-2.dist-info/METADATA,,\n',
  '/usr/lib/python3.13/smtplib.py': '',
  '/usr/bin/perl': { text: '', mode: 0o755 },
  '/var/lib/dpkg/info/perl-base.list': '/usr/bin/perl\n',
  '/usr/local/bin/backup': { text: '#!/bin/sh\n', mode: 0o755 },
  '/bin': { link: 'usr/bin' },
  '/usr/share/same.bin': { text: '12345', group: 'one' },
  '/app/data.bin': { text: '12345', group: 'one' },
});

const DIGESTS = new Map([
  ['/app/app.py', `sha256:${'a'.repeat(64)}`],
  ['/bin', `sha256:${'b'.repeat(64)}`], // a link has no bytes
]);

async function report(level: 'observed' | 'reachable', edits: ReadonlyMap<string, Edit> = new Map()) {
  const result = await computeKeepSet({
    fs,
    trace: makeTrace(['exec /usr/bin/python3', 'open /app/app.py'], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level,
    analyst: analystOver(fs),
  });
  return keepReportOf(fs, result, level, { digests: DIGESTS, edits });
}

const sum = (sizes: { size: number }[]) => sizes.reduce((total, { size }) => total + size, 0);

describeWithPython('keep.json', () => {
  it('has each path either among the kept or among the left-out ones', async () => {
    const { kept, omitted, links } = await report('reachable');
    for (const { path, type } of fs.entries.values()) {
      if (type !== 'd') expect([path, path in kept !== path in omitted]).toEqual([path, true]);
    }
    expect(links).toEqual({ '/bin': 'usr/bin' });
  });

  it.each([
    ['/app/tests/test_app.py', /the author's own file: a test.*use it in the exercise/],
    [`${SITE}/lib/x.pyi`, /type information of lib/],
    [`${SITE}/lib/tests/test_x.py`, /a test of lib.*an import by kept code/],
    [`${SITE}/lib/__pycache__/__init__.cpython-313.pyc`, /did not run while the app was watched; Python compiles it again/],
    [COMPILED, new RegExp(`compiled from ${SITE}/fast/part.py, which is kept.*--include keeps it`)],
    [`${SITE}/unused.py`, /part of unused, which no kept code imports; an import/],
    ['/usr/lib/python3.13/smtplib.py', /of the standard library.*--level whole/],
    ['/usr/bin/perl', /of the operating system.*--level whole/],
    ['/usr/local/bin/backup', /no package brought it.*--include it/],
  ])('says why %s is left out', async (path, sentence) => {
    const { omitted, omissions } = await report('reachable');
    expect(describeOmission(omissions[omitted[path]?.because as number] as Omission)).toMatch(sentence);
  });

  it('is what the schema describes, and reads back the same', async () => {
    const made = await report('reachable');
    expect(KeepReport.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
    expect(made).toMatchObject({ version: KEEP_VERSION, original: ORIGINAL, level: 'reachable' });
  });

  it('has the digest of a file that was written, and of nothing else', async () => {
    const { kept } = await report('reachable');
    expect(Object.entries(kept).flatMap(([path, { digest }]) => (digest === undefined ? [] : [[path, digest]]))).toEqual([
      ['/app/app.py', DIGESTS.get('/app/app.py')],
    ]);
  });

  it('has a type, a size and a layer for each kept path', async () => {
    const { kept } = await report('reachable');
    expect(kept['/app/app.py']).toMatchObject({ type: 'f', size: 10, layer: 'app' });
    expect(kept[`${SITE}/lib/__init__.py`]).toMatchObject({ type: 'f', layer: 'distributions' });
    expect(kept['/usr/bin/python3']).toMatchObject({ layer: 'python' });
    expect(kept['/bin']).toMatchObject({ type: 'l', size: 0, layer: 'system' });
    expect(kept['/usr']).toMatchObject({ type: 'd', size: 0, layer: 'system' });
  });

  it('has totals that are the sums of its sizes, and counts the names of a file once', async () => {
    const { kept, omitted, totals } = await report('reachable');
    expect(totals.kept.bytes).toBe(sum(Object.values(kept)));
    expect(totals.omitted.bytes).toBe(sum(Object.values(omitted)));
    expect(totals.original).toEqual({
      files: totals.kept.files + totals.omitted.files,
      bytes: totals.kept.bytes + totals.omitted.bytes,
    });
    const layers = Object.values(totals.layers);
    expect(layers.reduce((files, layer) => files + layer.files, 0)).toBe(totals.kept.files);
    expect(layers.reduce((bytes, layer) => bytes + layer.bytes, 0)).toBe(totals.kept.bytes);
    expect([kept['/app/data.bin']?.size, omitted['/usr/share/same.bin']?.size]).toEqual([5, 0]);
  });

  it('says how much debug information was left out of a file, once for all its names', async () => {
    const edit = { before: 5, after: 2, cuts: [{ from: 2, to: 5 }], patches: [] };
    const plain = await report('reachable');
    const { kept, totals } = await report(
      'reachable',
      new Map([
        ['/app/data.bin', edit],
        ['/usr/share/same.bin', edit],
      ]),
    );
    expect(kept['/app/data.bin']).toMatchObject({ size: 2, stripped: 3 });
    expect(totals.stripped).toEqual({ files: 1, bytes: 3 });
    expect(totals.kept.bytes).toBe(sum(Object.values(kept)));
    expect(totals.original).toEqual(plain.totals.original);
    expect(totals.layers.app.bytes).toBe(plain.totals.layers.app.bytes - 3);
    expect(plain.kept['/app/data.bin']).not.toHaveProperty('stripped');
  });

  it('counts what is kept of each distribution', async () => {
    const { distributions } = await report('reachable');
    expect(distributions.map(({ name, files, kept, grade }) => [name, files, kept, grade])).toEqual([
      ['lib', 5, 2, 'app'],
      ['fast', 5, 3, 'pulled'],
      ['unused', 3, 0, null],
    ]);
  });

  it('at the level observed, a file is left out because nothing used it', async () => {
    const { omitted, omissions } = await report('observed');
    expect(omissions[omitted['/usr/bin/perl']?.because as number]).toEqual({ kind: 'unobserved' });
  });
});
