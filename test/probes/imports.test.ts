import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { parseImports } from '../../src/trace/facts.js';
import { describeWithPython, PYTHONS, probeFile } from '../support/probes.js';

describeWithPython('the import probe', () => {
  const START = `g = {}; exec(open(${JSON.stringify(probeFile('imports.py'))}).read(), g); g["start"](FOLDER)\n`;
  const run = async (python: string, code: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const result = await execa(python, ['-c', START.replace('FOLDER', JSON.stringify(folder)) + code], { reject: false });
    return { result, files: readdirSync(folder).map((name) => parseImports(readFileSync(join(folder, name), 'utf8')).modules) };
  };

  it.each(PYTHONS)('under %s tells what is imported, also inside functions, and where it is', async (python) => {
    const { result, files } = await run(python, 'import json\ndef f():\n    import wave\nf()\nprint("done")');
    expect([result.exitCode, result.stdout, result.stderr]).toEqual([0, 'done', '']);
    expect(files).toHaveLength(1);
    expect(files[0]?.get('json')).toMatch(/json\/__init__\.py$/);
    expect(files[0]?.get('wave')).toMatch(/wave\.py$/);
  });

  it('tells what was imported by a process that ends without cleaning up', async () => {
    const { files } = await run(PYTHONS[0] as string, 'import json, os; os._exit(0)');
    expect(files[0]?.has('json')).toBe(true);
  });

  it('gives every forked process a file of its own', async () => {
    const { files } = await run(
      PYTHONS[0] as string,
      'import os\nif os.fork() == 0:\n    import wave\n    os._exit(0)\nos.wait()\nimport json',
    );
    expect(files.map((modules) => [modules.has('wave'), modules.has('json')]).sort()).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it.each(PYTHONS)('under %s survives an app that closes all descriptors, or takes their numbers', async (python) => {
    const { result, files } = await run(
      python,
      'import os\nprint(os.open("/dev/null", os.O_RDONLY))\nos.closerange(3, 2000)\nimport wave\n' +
        'os.closerange(3, 2000)\nr, w = os.pipe()\nfor n in range(900, 910): os.dup2(w, n)\nimport cmd\nos.set_blocking(r, False)\n' +
        'try: print(os.read(r, 9))\nexcept BlockingIOError: print("nothing")',
    );
    expect([result.stdout, result.stderr]).toEqual(['3\nnothing', '']);
    expect([files.length, files[0]?.has('wave'), files[0]?.has('cmd')]).toEqual([1, true, true]);
  });

  it("disturbs nobody where it can't write", async () => {
    const result = await execa(PYTHONS[0] as string, ['-c', `${START.replace('FOLDER', '"/nowhere"')}import json; print("fine")`]);
    expect([result.stdout, result.stderr]).toEqual(['fine', '']);
  });
});
