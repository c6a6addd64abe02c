import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PYTHONS } from '../support/probes.js';

const CODE = `
import json, sys
from pyshrink_probes.inventory import inventory
print(inventory(json.loads(sys.argv[1])).decode())
`;

describeWithPython('the inventory of this computer', () => {
  it.each(PYTHONS)('by %s leaves out folders aside at any depth, but what packages brought', (python) => {
    const app = realpathSync(mkdtempSync(join(tmpdir(), 'pyshrink-inventory-')));
    const files = [
      'main.py',
      'node_modules/a.js',
      'web/node_modules/b/c.js',
      'web/node_modules_of_mine/d.js',
      'vendor/lib/.git/config',
      '.venv/lib/python3.12/site-packages/tool/node_modules/e.js',
    ];
    for (const file of files) {
      mkdirSync(dirname(join(app, file)), { recursive: true });
      writeFileSync(join(app, file), '');
    }
    const listed = (request: object) => {
      const rows = execFileSync(python, codeWithProbes(CODE, JSON.stringify({ roots: [app], ...request })));
      return (JSON.parse(rows.toString()) as [path: string, type: string][])
        .filter(([path, type]) => type === 'f' && path.startsWith(`${app}/`))
        .map(([path]) => path.slice(app.length + 1))
        .sort();
    };
    const kept = ['.venv/lib/python3.12/site-packages/tool/node_modules/e.js', 'main.py', 'web/node_modules_of_mine/d.js'];
    expect(listed({ app, aside: ['node_modules', '.git'] })).toEqual(kept);
    expect(listed({ app, aside: [] })).toEqual([...files].sort());
    // What the run used is there all the same.
    expect(listed({ app, aside: ['node_modules', '.git'], paths: [join(app, 'node_modules/a.js')] })).toContain('node_modules/a.js');
  });
});
