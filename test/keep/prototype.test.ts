import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { ModuleFinder } from '../../src/python/finder.js';
import { Summary } from '../../src/python/summary.js';
import { whyKept } from '../../src/report/why.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { keepReportOf } from '../support/keepreport.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

/** Names that every JavaScript object has. An image may have modules and functions with these names. */
const NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', '__proto__', '__defineGetter__'];
const SITE = LAYOUT.sitePackages[0] as string;
const STANDARD = LAYOUT.standardLibrary[0] as string;

it.each(NAMES)('the finder does not find %s where the image has no such module', (name) => {
  expect(new ModuleFinder(makeTree({ '/app/app.py': '' }), LAYOUT).find(name)).toBeUndefined();
});

it('a summary keeps the functions with such names, also when it is stored as JSON', () => {
  const functions = JSON.parse(`{${NAMES.map((name) => `"${name}": ["x"]`).join(', ')}}`);
  expect(Object.keys(JSON.parse(JSON.stringify(Summary.parse({ functions }))).functions)).toEqual(NAMES);
});

async function report(nodes: Record<string, string>) {
  const fs = makeTree({ '/usr/bin/python3': { text: '', mode: 0o755 }, ...nodes });
  const result = await computeKeepSet({
    fs,
    trace: makeTrace(['open /app/app.py'], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: ['SETTINGS=constructor'],
    commands: [['/usr/bin/python3', '-m', 'constructor']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    analyst: analystOver(fs),
  });
  return keepReportOf(fs, result, 'reachable');
}

const IMPORTS = NAMES.map((name) => `import ${name}\nfrom json import ${name}\nx.${name}()\nS = '${name}'\ndef ${name}(): pass`).join('\n');

describeWithPython("names of JavaScript's own objects in an image", () => {
  it('an app may import them where they are missing', async () => {
    const { kept } = await report({ '/app/app.py': IMPORTS });
    expect(kept['/app/app.py']?.reasons).toContainEqual({ rule: 'python', kind: 'own-code', parents: [] });
  });

  it('they are kept as modules of the standard library and of a distribution', async () => {
    const made = await report({
      '/app/app.py': IMPORTS,
      [`${SITE}/constructor/__init__.py`]: IMPORTS,
      [`${SITE}/constructor-1.dist-info/METADATA`]: 'Name: constructor\nVersion: 1\n',
      [`${SITE}/constructor-1.dist-info/RECORD`]: 'constructor/__init__.py,,\n',
      ...Object.fromEntries(NAMES.slice(1).map((name) => [`${STANDARD}/${name}.py`, IMPORTS])),
    });
    for (const name of NAMES.slice(1)) expect(made.kept).toHaveProperty([`${STANDARD}/${name}.py`]);
    expect(whyKept('constructor', made, LAYOUT)).toMatchObject({ kept: true });
    expect(whyKept('toString', made, LAYOUT)).toMatchObject({ kept: true });
    expect(whyKept('propertyIsEnumerable', made, LAYOUT)).toBeUndefined();
  });
});
