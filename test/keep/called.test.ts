import { expect, it } from 'vitest';
import { MOST_BYTES } from '../../src/keep/data/costs.js';
import { makeElf } from '../support/elf.js';
import { distribution, kept } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import type { Node } from '../support/tree.js';

const program = (bytes: number): Node => ({ text: Buffer.alloc(bytes, '#'), mode: 0o755 });
const [SMALL, MIDDLE] = [1000, MOST_BYTES.name + 1];
const EXTENSION = 'fast.cpython-313-x86_64-linux-gnu.so';

describeWithPython('a program', () => {
  const pulled = (library: string, tool: string, bytes = MIDDLE) => ({
    ...distribution('library', { 'library/__init__.py': `import tool\n${library}` }),
    ...distribution('tool', { 'tool/__init__.py': tool }),
    '/usr/bin/dot': program(bytes),
    '/usr/lib/libdot.so.1': Buffer.concat([makeElf({ soname: 'libdot.so.1' }), Buffer.alloc(MIDDLE)]),
  });
  const draw = 'import subprocess\ndef draw():\n    subprocess.run(["dot"])\n';

  it.each([
    ['that nobody calls', '', draw, false],
    ['that nobody calls and that loads a library', '', 'import ctypes\ndef draw():\n    ctypes.CDLL("libdot.so.1")\n', false],
    ['that a function calls which nobody calls', '', `${draw}def deep():\n    draw()\n`, false],
    [
      'that hands it on, but that nobody calls',
      '',
      'import subprocess\ndef run_it(a):\n    subprocess.run(a)\ndef draw():\n    run_it("dot")\n',
      false,
    ],
    ['that the library calls', 'tool.draw()', draw, true],
    [
      'that the library calls and that loads a library',
      'tool.draw()',
      'import ctypes\ndef draw():\n    ctypes.CDLL("libdot.so.1")\n',
      true,
    ],
    ['that a called function calls', 'tool.deep()', `${draw}def deep():\n    draw()\n`, true],
    ['that has its name in a string', 'CALLS = {"draw": 1}', draw, true],
    ['with a computed name', 'getattr(tool, "do_" + command)()', draw.replace('draw', 'do_draw'), true],
    ['with a formatted name', 'getattr(tool, "do_%s" % command)()', draw.replace('draw', 'do_draw'), true],
    ['with a name that is formatted in braces', 'getattr(tool, "{}_it".format(command))()', draw.replace('draw', 'draw_it'), true],
    ['with a computed name in capitals', 'getattr(tool, "on" + command)()', draw.replace('draw', 'onDraw'), true],
    ['that finds attributes of the module', 'tool.thing', 'import ctypes\ndef __getattr__(name):\n    ctypes.CDLL("libdot.so.1")\n', true],
    ['that a function calls of a distribution that the app imports', 'class A:\n  def event(self, a):\n    a.draw()\n', draw, true],
    ['with a decorator', '', draw.replace('def', '@register\ndef'), true],
    ['that is called when the module is imported', '', `${draw}draw()\n`, true],
    ['that is called where the module is run', '', `${draw}if __name__ == "__main__":\n    draw()\n`, true],
    [
      'that is a method',
      'def use(a):\n    a.draw()\nuse(tool.find())',
      `${draw.replace('def', 'class A:\n  def').replace('    sub', '      sub')}`,
      true,
    ],
  ])('of a library that only another one imports counts where its function may be called: one %s', async (_, library, tool, expected) => {
    const { has, costly } = await kept({ '/app/app.py': 'import library', ...pulled(library, tool) });
    expect(has('/usr/bin/dot') || has('/usr/lib/libdot.so.1')).toBe(expected);
    // It is listed, where it costs more than nothing.
    expect(costly).toHaveLength(expected ? 0 : 1);
  });

  it('of a function that nobody calls is kept where it costs next to nothing', async () => {
    const { has } = await kept({ '/app/app.py': 'import library', ...pulled('', draw, SMALL) });
    expect(has('/usr/bin/dot')).toBe(true);
  });

  it.each([
    ['an entry point names it', 'import library', { 'entry_points.txt': '[plugins]\nx = tool:draw\n' }, true],
    ['no entry point names it', 'import library', { 'entry_points.txt': '[plugins]\nx = tool:other\n' }, false],
    ['the app imports it', 'import library\nimport tool', {}, true],
    [
      'it was installed by its name, for its programs',
      'import library',
      { REQUESTED: '', 'entry_points.txt': '[console_scripts]\ntool = tool:main\n' },
      true,
    ],
  ])('of a function that nobody calls: %s', async (_, app, metadata: Record<string, string>, expected) => {
    const { has } = await kept({
      ...pulled('', draw),
      '/app/app.py': app,
      ...distribution('tool', { 'tool/__init__.py': draw }, metadata),
    });
    expect(has('/usr/bin/dot')).toBe(expected);
  });

  it.each([
    ['it is in the same distribution', { tool: true, library: false }, 'tool', true],
    ['it has the name of the distribution', { tool: false, library: true }, 'tool', true],
    ['it has another name', { tool: false, library: true }, 'other', false],
  ])('of a function that compiled code may call counts where %s', async (_, has, named, expected) => {
    const compiled = makeElf({ sections: { '.rodata': Buffer.from(`\0${named}\0draw\0`) } });
    const parts = (name: keyof typeof has) => (has[name] ? { [`${name}/${EXTENSION}`]: compiled } : {});
    const found = await kept({
      ...pulled('', ''),
      ...distribution('other', { 'other.py': '' }),
      ...distribution('library', { 'library/__init__.py': 'import other\nimport tool\nfrom . import fast\n', ...parts('library') }),
      ...distribution('tool', { 'tool/__init__.py': `${draw}from . import fast\n`, ...parts('tool') }),
      '/app/app.py': 'from library import *',
    });
    expect(found.has('/usr/bin/dot')).toBe(expected);
  });
});
