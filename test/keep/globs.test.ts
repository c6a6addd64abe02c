import { expect, it } from 'vitest';
import { expandGlob } from '../../src/keep/globs.js';
import { makeTree } from '../support/tree.js';

const fs = makeTree({ '/usr/lib/a/x.so': '', '/usr/lib/a/.hidden': '', '/usr/lib/b/y.so': '', '/lib': { link: 'usr/lib' } });

it.each([
  ['/usr/lib/a/x.so', ['/usr/lib/a/x.so']],
  ['/usr/lib/a/gone', []],
  ['/usr/lib/*/*.so', ['/usr/lib/a/x.so', '/usr/lib/b/y.so']],
  ['/lib/a/*', ['/lib/a/x.so', '/lib/a/.hidden']],
  ['/usr/lib/!(a)/*', ['/usr/lib/b/y.so']],
  ['/usr/lib/**/*.so', ['/usr/lib/a/x.so', '/usr/lib/b/y.so']],
  ['/usr/*/a/.h*', ['/usr/lib/a/.hidden']],
  ['/usr/*', ['/usr/lib']],
  ['/gone/**', []],
  ['/gone/*/x', []],
  ['/usr/lib/*/', []],
  ['/usr/*//a', []],
  ['/usr/lib/*/!x*', []],
])('%s', (pattern, paths) => {
  expect(expandGlob(fs, pattern)).toEqual(paths);
});
