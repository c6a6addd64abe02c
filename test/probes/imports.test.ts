import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parseImports } from '../../src/trace/facts.js';
import { describeWithPython, PYTHONS, probeFile } from '../support/probes.js';

describeWithPython('the import probe', () => {
  const START = `g = {}; exec(open(${JSON.stringify(probeFile('imports.py'))}).read(), g); g["start"](FOLDER)\n`;
  const run = async (python: string, code: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const result = await execa(python, ['-c', START.replace('FOLDER', JSON.stringify(folder)) + code], { reject: false });
    return { result, files: readdirSync(folder).map((name) => parseImports(readFileSync(join(folder, name), 'utf8')).modules) };
  };

  it.each(PYTHONS)('under %s records imports, also inside functions, with their files', async (python) => {
    const { result, files } = await run(python, 'import json\ndef f():\n    import wave\nf()\nprint("done")');
    expect([result.exitCode, result.stdout, result.stderr]).toEqual([0, 'done', '']);
    expect(files).toHaveLength(1);
    expect(files[0]?.get('json')).toMatch(/json\/__init__\.py$/);
    expect(files[0]?.get('wave')).toMatch(/wave\.py$/);
  });

  it('records the imports of a process that ends with os._exit', async () => {
    const { files } = await run(PYTHONS[0] as string, 'import json, os; os._exit(0)');
    expect(files[0]?.has('json')).toBe(true);
  });

  it('writes one file for each forked process', async () => {
    const { files } = await run(
      PYTHONS[0] as string,
      'import os\nif os.fork() == 0:\n    import wave\n    os._exit(0)\nos.wait()\nimport json',
    );
    expect(files.map((modules) => [modules.has('wave'), modules.has('json')]).sort()).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it.each(PYTHONS)('under %s goes on when the app closes all descriptors or uses their numbers', async (python) => {
    const { result, files } = await run(
      python,
      'import os\nprint(os.open("/dev/null", os.O_RDONLY))\nos.closerange(3, 2000)\nimport wave\n' +
        'os.closerange(3, 2000)\nr, w = os.pipe()\nfor n in range(900, 910): os.dup2(w, n)\nimport cmd\nos.set_blocking(r, False)\n' +
        'try: print(os.read(r, 9))\nexcept BlockingIOError: print("nothing")',
    );
    expect([result.stdout, result.stderr]).toEqual(['3\nnothing', '']);
    expect([files.length, files[0]?.has('wave'), files[0]?.has('cmd')]).toEqual([1, true, true]);
  });

  describe('functions', () => {
    const versions = PYTHONS.map((python) => {
      const minor = execFileSync(python, ['-c', 'import sys; print(sys.version_info.minor)']).toString();
      return { python, monitors: Number(minor) >= 12 };
    });
    const newer = versions.filter(({ monitors }) => monitors).map(({ python }) => python);
    const older = versions.filter(({ monitors }) => !monitors).map(({ python }) => python);
    const APP = `import os, sys, json
def called(): return [x for x in "ab"]
def missed(): pass
class Class:
    def method(self): return json.dumps(1)
    @staticmethod
    def not_called(): pass
def in_child(): pass
def at_end(): os._exit(7)
`;
    /** Runs a file, and gives the lines of the functions of it that ran. */
    const functionsOf = async (python: string, code: string) => {
      const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
      const app = join(folder, 'app.py');
      writeFileSync(app, `${APP}${code}`);
      const start = START.replace('FOLDER', JSON.stringify(folder));
      const result = await execa(
        python,
        ['-c', `${start}exec(compile(open(${JSON.stringify(app)}).read(), ${JSON.stringify(app)}, "exec"))`],
        {
          reject: false,
        },
      );
      const files = readdirSync(folder).filter((name) => name.startsWith('imports-'));
      const read = files.map((name) => parseImports(readFileSync(join(folder, name), 'utf8')));
      const places = read.flatMap(({ ran }) => [...ran]);
      return {
        result,
        measured: read.some(({ measured }) => measured),
        others: places.filter((place) => !place.startsWith(`${app}\t`)),
        lines: places.flatMap((place) => (place.startsWith(`${app}\t`) ? [Number(place.split('\t')[1])] : [])).sort((a, b) => a - b),
      };
    };

    it.each(newer)('under %s that ran are recorded, also of forks and before os._exit', async (python) => {
      const code = 'called(); called(); Class().method()\nif os.fork() == 0:\n    in_child()\n    os._exit(0)\nos.wait()\nat_end()\n';
      const { result, measured, lines, others } = await functionsOf(python, code);
      expect([result.exitCode, result.stdout, result.stderr]).toEqual([7, '', '']);
      expect([measured, lines, others]).toEqual([true, [2, 5, 8, 9], []]);
    });

    it.each(newer)('under %s leave the number of the tool to an app that wants it', async (python) => {
      const code = `called()
m = sys.monitoring
m.use_tool_id(4, "app")
m.register_callback(4, m.events.PY_START, lambda code, offset: print(code.co_name))
m.set_events(4, m.events.PY_START)
missed()
m.set_events(4, 0)
print(m.get_tool(4))
`;
      const { result, measured, lines } = await functionsOf(python, code);
      expect([result.stdout, result.stderr, measured, lines]).toEqual(['missed\napp', '', true, [2]]);
    });

    it.each(older)('under %s are not measured', async (python) => {
      const { result, measured, lines } = await functionsOf(python, 'called()\n');
      expect([result.exitCode, measured, lines]).toEqual([0, false, []]);
    });
  });

  it("does not disturb the app if it can't write", async () => {
    const result = await execa(PYTHONS[0] as string, ['-c', `${START.replace('FOLDER', '"/nowhere"')}import json; print("fine")`]);
    expect([result.stdout, result.stderr]).toEqual(['fine', '']);
  });
});
