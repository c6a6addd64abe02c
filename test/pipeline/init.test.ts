import { expect, it } from 'vitest';
import { codePaths } from '../../src/pipeline/init.js';
import type { RootFs } from '../../src/rootfs.js';

const treeOf = (...paths: string[]) =>
  ({ entries: new Map(paths.map((path) => [path, { path, type: 'f', size: 10 }])) }) as unknown as Pick<RootFs, 'entries'>;

it('reads the code of the app, and passes over tests and the code of others below it', () => {
  const tree = treeOf('/app/main.py', '/app/shop/a.py', '/app/tests/test_a.py', '/app/.venv/lib/b.py', '/usr/lib/x.py', '/app/readme.md');
  expect(codePaths(tree, '/app', [])).toEqual(['/app/main.py', '/app/shop/a.py']);
});

it('reads the code of an app whose own folder has a name of those', () => {
  expect(codePaths(treeOf('/env/app/main.py', '/env/app/tests/a.py'), '/env/app', [])).toEqual(['/env/app/main.py']);
  expect(codePaths(treeOf('/srv/docs/run.py'), '/srv/docs', ['python', 'run.py'])).toEqual(['/srv/docs/run.py']);
});
