import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Sought } from '../../src/python/lines.js';
import { linesIn } from '../support/analyst.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';

const SOURCE = `"""About this module."""
import importlib, scipy, subprocess, ctypes.util
io = print
NAMES = ["plain.name", "scipy.io"]
def first():
    """About this function."""
    return io, io.io, NAMES
def second(x):
    y = scipy.io.loadmat(x)
    return y + x.fft
class Third:
    kind = "late"
    def load(self):
        return importlib.import_module(
            "scipy.io")
def run(name):
    helpers = ("git", "curl")
    subprocess.run(["env", "-i",
                    "git"])
    subprocess.run(f"jupyter-{name}", shell=True)
    return ctypes.util.find_library("git"), (lambda: "in a lambda"), name in {"one of", "two"}
def other():
    return "nice tar -x | gzip", "PROGRAM"
`;

describeWithPython('the lines of texts in code', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'module.py');
  writeFileSync(path, SOURCE);

  it.each(PYTHONS)('under %s are those on which names are loaded and strings stand', (python) => {
    const wanted: [Sought, number | null][] = [
      // The attribute of the package, and not another object or attribute of that name.
      [['attribute', 'scipy.io'], 9],
      [['attribute', 'other.io'], 7],
      [['attribute', 'scipy.fft'], 10],
      [['attribute', 'a.scipy.io'], 9],
      [['attribute', 'scipy.nowhere'], null],
      [['name', 'NAMES'], 7],
      [['name', 'find_library'], 21],
      [['string', 'plain.name'], 4],
      [['string', 'scipy.io'], 4],
      // Code that imports comes before a list of names.
      [['import', 'scipy.io'], 15],
      [['string', 'late'], 12],
      [['string', 'in a lambda'], 21],
      [['string', 'one of'], 21],
      [['string', 'About this function.'], 5],
      [['string', 'nowhere'], null],
      [['program', 'git'], 17],
      [['library', 'git'], 17],
      [['program', 'gzip'], 23],
      [['program', 'nice'], 23],
      [['program', 'ice'], null],
      [['program', 'jupyter-*'], 20],
    ];
    const found = linesIn(
      path,
      wanted.map(([text]) => text),
      python,
    );
    expect(wanted.map(([text], index) => [text, found[index]])).toEqual(wanted);
  });

  it('are none in code that cannot be read', () => {
    const broken = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'module.py');
    writeFileSync(broken, 'def (');
    expect(linesIn(broken, [['name', 'x']])).toEqual([null]);
    expect(linesIn(join(broken, 'nothing'), [['string', 'x']])).toEqual([null]);
  });
});
