import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PACKAGE_FOLDER, PYTHONS } from '../support/probes.js';

const PROGRAM = new URL('../support/fuzzprobes.py', import.meta.url).pathname;
const PARSERS = ['bytecode', 'source', 'binaries', 'plain JSON', 'notifications', 'socket addresses'];
/** For each parser. bench/fuzz.ts has ten times as many. */
const COUNT = 1000;
/** Seconds that no input takes. bench/fuzz.ts allows one: here other tests run at the same time, and take turns with this one. */
const HANG = 20;

/** What was once a find: code as `marshal` writes it. */
const CORPUS = new URL('corpus/', import.meta.url).pathname;

describeWithPython("the probes' parsers", () => {
  it.each(readdirSync(CORPUS))('read what was once a find: %s', (name) => {
    const code = `import importlib.util
from pyshrink_probes.apart import each
from pyshrink_probes.codefiles import PYC_HEADER
from pyshrink_probes.summary import summary_of
with open("module.pyc", "wb") as module, open(${JSON.stringify(CORPUS + name)}, "rb") as found:
    module.write(importlib.util.MAGIC_NUMBER.ljust(PYC_HEADER, b"\\0") + found.read())
print(sorted(each(lambda path: summary_of(path, []), ["module.pyc"])[0]))`;
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-fuzz-'));
    expect(
      execFileSync(PYTHONS[0] as string, codeWithProbes(code), { cwd: folder })
        .toString()
        .trim(),
    ).toBe("['error']");
  });

  it.each(PARSERS)('hostile inputs for %s: no crash, no hang, and no more than 512 MB', (name) => {
    const output = execFileSync(PYTHONS[0] as string, ['-B', PROGRAM, name, '1', String(COUNT), String(HANG)], {
      env: { ...process.env, PYTHONPATH: PACKAGE_FOLDER },
      maxBuffer: 1 << 26,
    });
    const lines = output
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { megabytes?: number });
    expect(lines.filter(({ megabytes }) => megabytes === undefined)).toEqual([]);
    expect(lines.at(-1)?.megabytes).toBeLessThan(512);
  });
});
