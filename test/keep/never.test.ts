import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FALLBACKS, NEVER, NOT_HERE } from '../../src/keep/data/standardlibrary.js';
import type { PythonLayout } from '../../src/python/layout.js';
import { Summary } from '../../src/python/summary.js';
import { analystOver, LAYOUT, summarizeFiles } from '../support/analyst.js';
import { keptOf, makeTrace } from '../support/keep.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';
import { makeTree, type Node } from '../support/tree.js';

/** What an interpreter says of itself: as `PythonLayout`. */
const ASK = `
import json, sys, sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
folder = sysconfig.get_paths()['stdlib']
folders = [folder] + [path for path in sys.path if path.endswith('lib-dynload')]
print(json.dumps({
    'version': '.'.join(map(str, sys.version_info[:3])), 'executable': '/usr/bin/python3', 'sitePackages': [],
    'searchPath': ['/app'] + folders, 'standardLibrary': folders,
    'builtins': list(sys.builtin_module_names), 'suffixes': EXTENSION_SUFFIXES, 'editable': {},
}))
`;

/** Prints the modules that were loaded from files, with these. */
const LOADED = `
import sys
for name, module in list(sys.modules.items()):
    if getattr(getattr(module, '__spec__', None), 'origin', None) != 'frozen':
        print(name, getattr(module, '__file__', None) or '', sep='\\t')
`;

/** Modules of which some imports are known not to happen: they are tried. */
const TRIED = [NEVER, NOT_HERE, FALLBACKS].flatMap((table) => [...table.keys()]);

/** An app that is run from its folder. */
const RUN = { config: { WorkingDir: '/app' }, commands: [['/usr/bin/python3', 'app.py']], level: 'reachable' } as const;

function filesIn(folder: string): Record<string, Node> {
  const nodes: Record<string, Node> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.(py|so)$/.test(entry.name) && !/\/(site-packages|test|tests|idlelib)\//.test(path))
      nodes[path] = readFileSync(path);
  }
  return nodes;
}

describeWithPython('the standard library', () => {
  it.each(PYTHONS.slice(0, 1))('of %s: what an import loads is kept', async (python) => {
    const run = (code: string) => execFileSync(python, ['-I', '-S', '-B', '-c', code], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    const layout: PythonLayout = JSON.parse(run(ASK));
    const files = (code: string) =>
      new Map(
        run(code)
          .trim()
          .split('\n')
          .map((line) => line.split('\t') as [string, string]),
      );
    const started = Object.fromEntries([...files(LOADED)].filter(([, file]) => file !== ''));
    const library = filesIn(layout.standardLibrary[0] as string);
    const fs = makeTree({ '/usr/bin/python3': { text: '', mode: 0o755 }, ...library, '/app/app.py': '' });
    const known = new Map<string, Summary>();
    const lost: string[] = [];
    for (const name of TRIED) {
      const path = join(layout.standardLibrary[0] as string, name.replace('.', '/'));
      if (!library[`${path}.py`] && !library[join(path, '__init__.py')]) continue; // of another version
      known.set('/app/app.py', Summary.parse({ imports: [[1, 0, name, [], '']] }));
      const { rules } = await keptOf(
        fs,
        makeTrace(['open /app/app.py'], { python: layout, modules: { __main__: '/app/app.py', ...started } }),
        {
          ...RUN,
          analyst: {
            members: async () => [],
            locate: async () => new Map(),
            summarize: async (paths, roots) => {
              const fresh = paths.filter((path) => !known.has(path));
              const found = summarizeFiles(fresh, roots, python);
              fresh.forEach((path, at) => {
                known.set(path, found[at] as Summary);
              });
              return new Map(paths.map((path) => [path, known.get(path) as Summary]));
            },
          },
        },
      );
      for (const [module, file] of files(`import ${name}\n${LOADED}`))
        if (!Object.hasOwn(started, module) && library[file] && !(file in rules)) lost.push(`${name}: ${file}`);
    }
    expect(lost).toEqual([]);
  });

  it.each([
    ['in no function happens', 'from rlcompleter import Completer\n', true],
    ['in a function is for a person at a terminal', 'def complete():\n    import rlcompleter\n', false],
  ])('an import of rlcompleter by pdb %s', async (_, code, expected) => {
    const [folder] = LAYOUT.standardLibrary;
    const nodes = { '/app/app.py': 'import pdb', [`${folder}/pdb.py`]: code, [`${folder}/rlcompleter.py`]: '' };
    const fs = makeTree({ '/usr/bin/python3': { text: '', mode: 0o755 }, ...nodes });
    const trace = makeTrace(['open /app/app.py'], { python: LAYOUT, modules: { __main__: '/app/app.py' } });
    const { rules } = await keptOf(fs, trace, { ...RUN, analyst: analystOver(fs) });
    expect(`${folder}/rlcompleter.py` in rules).toBe(expected);
  });
});
