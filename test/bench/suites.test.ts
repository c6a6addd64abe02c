import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare, type Result } from '../../bench/suites/compare.js';
import { casesOf } from '../../bench/suites/cpython/junit.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';

const GUEST = new URL('../../bench/suites/guest/', import.meta.url).pathname;

describe('the comparison of two runs of a suite', () => {
  it('counts what passes in the original, and tells apart what is lost and what the tests themselves cause', () => {
    const nothing = { reasons: {}, own: [], lent: [] };
    const { passed, lost, own } = compare(
      {
        ...nothing,
        cases: { 'a.py::one': 'passed', 'a.py::two': 'passed', 'b.py::one': 'passed', 'b.py::two': 'failed', 'b.py::own': 'passed' },
      },
      {
        cases: { 'a.py::one': 'passed', 'a.py::two': 'skipped', 'b.py (collected)': 'failed', 'b.py::own': 'failed' },
        reasons: { 'b.py (collected)': 'No module named x' },
        own: ['b.py::own'],
        lent: ['doctest', 'a.part', 'a._private', 'a.tests.data'],
      },
      { before: 2, after: 1 },
      'a',
    );
    expect([passed, lost, own]).toEqual([
      4,
      [
        ['a.py::two', 'skipped'],
        ['b.py::one', 'No module named x'],
        ['a.part', 'the image does not have this module'],
      ],
      ['b.py::own'],
    ]);
  });

  it('is no success where no case passes in the original', () => {
    const nothing: Result = { cases: { 'a.py (collected)': 'failed' }, reasons: {}, own: [], lent: [] };
    expect(() => compare(nothing, nothing, { before: 2, after: 1 })).toThrow('no case passes in the original image');
  });

  it('reads reports of regrtest: a case that is there twice has its worst outcome', () => {
    const xml = `<testsuites><testsuite><testcase name="a.one" status="run" time="0.1" />
      <testcase name="a.two" status="run"><failure>Traceback\n  OSError: no tar</failure></testcase>
      <testcase name="a.two" status="run"><system-out /></testcase>
      <testcase name="a.three" status="run"><skipped>no gcc</skipped></testcase></testsuite></testsuites>`;
    expect(casesOf(xml)).toEqual({
      cases: { 'a.one': 'passed', 'a.two': 'failed', 'a.three': 'skipped' },
      reasons: { 'a.two': 'OSError: no tar', 'a.three': 'no gcc' },
    });
  });
});

describeWithPython('modules from outside', () => {
  it('are lent to the tests, and refused to code of the image, also once they are loaded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pyshrink-lent-'));
    const files = {
      'suite/stdlib/borrowed.py': 'NAME = "borrowed"\n',
      'suite/site/library/testing.py': 'NAME = "testing"\n',
      'image/library/__init__.py': 'def use():\n    import borrowed\ndef use_own():\n    from . import testing\n',
      'suite/site/library/tests/__init__.py': '',
      'suite/site/library/tests/test_one.py': 'NAME = "whole"\n',
      'image/library/tests/__init__.py': '',
      'suite/main.py': `import sys
from lent import Lent, lend
sys.path.append(sys.argv[1])
lend()
import borrowed
import library
import library.testing
import library.tests.test_one
def outcome(function):
    try:
        function()
    except ImportError as error:
        return str(error)
print([borrowed.NAME, library.testing.NAME, library.tests.test_one.NAME, outcome(library.use), outcome(library.use_own), sorted(Lent.names)])
`,
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await cp(join(GUEST, 'lent.py'), join(folder, 'suite/lent.py'));
    const printed = execFileSync(PYTHONS[0] as string, [join(folder, 'suite/main.py'), join(folder, 'image')]).toString();
    expect(printed.trim()).toBe(
      `['borrowed', 'testing', 'whole', "No module named 'borrowed'", "No module named 'library.testing'", ['borrowed', 'library.testing']]`,
    );
  });
});
